import type { Digest } from '../../base/ids.ts';
import { type Table, tableOf } from '../../base/table.ts';

/** Digests by place, held as bytes: half a million strings would take five times as much. */
export interface DigestTable extends Table<Digest> {
  set(place: number, digest: Digest): void;
}

const DIGEST_BYTES = 32;

/** A table of so many digests, which are all zeros before they are set. */
export function digestTable(length: number): DigestTable {
  const bytes = Buffer.alloc(length * DIGEST_BYTES);
  const at = (place: number): Digest =>
    bytes.toString('hex', place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES) as Digest;
  return {
    ...tableOf(length, at),
    set: (place, digest) => void bytes.write(digest, place * DIGEST_BYTES, DIGEST_BYTES, 'hex'),
  };
}
