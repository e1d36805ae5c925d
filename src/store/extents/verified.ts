import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { Engine } from './engine.ts';

/** Passes an extent's slices on and checks their digest at the end. Errors: `EXTENT_CORRUPT`. */
export async function* verified(
  digest: Digest,
  slices: AsyncIterable<Uint8Array>,
  engine: Engine,
): AsyncGenerator<Uint8Array> {
  const hasher = engine.hasher();
  for await (const slice of slices) {
    await hasher.update(slice);
    yield slice;
  }
  checkDigest(digest, await hasher.digest());
}

/** Compares what was read with what it should be. Errors: `EXTENT_CORRUPT`. */
export function checkDigest(expected: Digest, actual: Digest): void {
  if (expected === actual) return;
  throw new MgitError(
    'EXTENT_CORRUPT',
    `the data ${expected.slice(0, 12)} is damaged: its digest is ${actual}`,
    {
      hint: 'run "mgit fsck --repair": it takes the data from elsewhere and puts the damaged pack away',
      details: { digest: expected, actual },
    },
  );
}
