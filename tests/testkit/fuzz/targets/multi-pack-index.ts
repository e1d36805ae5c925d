import { createHash } from 'node:crypto';
import { parseDigest } from '../../../../src/base/ids.ts';
import {
  BUCKETS,
  DIGEST_BYTES,
  MULTI_PACK_HEAD,
  openMultiPackIndex,
  ROW_BYTES,
  TABLES_BYTES,
} from '../../../../src/store/packs/multi-pack-index.ts';
import { memoryFile } from '../memory-file.ts';
import type { FuzzTarget } from '../target.ts';

const DIGEST = parseDigest('0'.repeat(64));

/** Multi-pack indexes: the tables, every bucket, a search. */
export default {
  seeds: () => [small()],
  parse: async input => {
    const index = await openMultiPackIndex(memoryFile(input));
    for (let bucket = 0; bucket < BUCKETS; bucket++) await index.bucket(bucket);
    await index.find(DIGEST);
  },
  reseal,
} satisfies FuzzTarget;

/** One pack, and in it one extent, of the digest 0. */
function small(): Uint8Array {
  const tables = Buffer.alloc(TABLES_BYTES);
  MULTI_PACK_HEAD.copy(tables);
  tables.writeUInt32LE(1, 12);
  for (let bucket = 0; bucket < BUCKETS; bucket++) tables.writeUInt32LE(1, 16 + bucket * 4);
  return reseal(Buffer.concat([tables, Buffer.alloc(2 * DIGEST_BYTES + ROW_BYTES)]));
}

/** The digests of the first bucket, of the empty ones, and of the tables. */
function reseal(input: Uint8Array): Uint8Array {
  const index = Buffer.from(input);
  if (index.length < TABLES_BYTES) return index;
  const idsEnd = TABLES_BYTES + index.readUInt32LE(12) * DIGEST_BYTES;
  const rowsAt = idsEnd + DIGEST_BYTES;
  for (let bucket = 0, from = 0; bucket < BUCKETS; bucket++) {
    const to = index.readUInt32LE(16 + bucket * 4);
    const rows = index.subarray(rowsAt + from * ROW_BYTES, rowsAt + to * ROW_BYTES);
    digest(rows).copy(index, 16 + BUCKETS * 4 + bucket * DIGEST_BYTES);
    from = to;
  }
  if (rowsAt <= index.length) digest(index.subarray(0, idsEnd)).copy(index, idsEnd);
  return index;
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
