import { createHash } from 'node:crypto';
import { parseDigest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { ByteSource, CheckpointFormat, CheckpointLayout } from '../../../src/formats/checkpoint.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../../src/store/manifest/manifest-of.ts';
import { parseManifest } from '../../../src/store/manifest/read-manifest.ts';

/** Values of encoded tensors that are read: a few bytes may stand for any number of them. */
const SPAN_BYTES = 1024 * 1024;
const ANY_DIGEST = parseDigest(createHash('sha256').digest('hex'));

/**
 * Reads a file as far as mgit ever does: what it holds, a manifest of that and back, and the tensors that no manifest names. A file that is read
 * has a manifest; anything else is a plain error.
 */
export async function parseCheckpoint(format: CheckpointFormat, input: Uint8Array): Promise<void> {
  const source = memoryByteSource(input);
  await format.detect(input.subarray(0, 256), source);
  checkManifest(await format.parse(source));
  await readEncoded(format, source);
}

/** A layout that was read has a manifest, which says the same again. */
export function checkManifest(layout: CheckpointLayout): void {
  const { text } = manifestOf(
    layout,
    Array.from(layout.extents, () => ANY_DIGEST),
  );
  try {
    if (Buffer.compare(textAgain(parseManifest(text)), text) === 0) return;
  } catch (cause) {
    throw new Error('the manifest of a file that was read is refused', { cause });
  }
  throw new Error('the manifest of a file that was read comes back another');
}

/** A manifest written anew from what is read of it. */
export function textAgain({ format, size, extents, tensors }: Manifest): Uint8Array {
  const all = [...extents];
  const digests = all.map(({ digest }) => digest);
  return manifestOf({ format, size, extents: all, tensors: [...tensors] }, digests).text;
}

async function readEncoded(format: CheckpointFormat, source: ByteSource): Promise<void> {
  for (const tensor of (await format.encoded?.(source)) ?? []) {
    if (tensor.external !== undefined) continue;
    let total = 0;
    for await (const slice of tensor.span()) {
      total += slice.length;
      if (total > SPAN_BYTES) break;
    }
  }
}
