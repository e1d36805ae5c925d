import { createHash } from 'node:crypto';
import type { PackId } from '../../base/ids.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';
import {
  BUCKETS,
  DIGEST_BYTES,
  MULTI_PACK_HEAD,
  type MultiPackIndex,
  ROW_BYTES,
  TABLES_BYTES,
} from './multi-pack-index.ts';
import type { OpenPack } from './open-pack.ts';
import { packCorrupt } from './pack-error.ts';

/** What a multi-pack index is made from. */
export interface MultiPackSources {
  /** An earlier one; of its packs only those in `present` are taken over. */
  readonly earlier: MultiPackIndex | undefined;
  readonly present: ReadonlySet<PackId>;
  /** Packs that the earlier one does not have. */
  readonly packs: readonly OpenPack[];
}

/** Writes a multi-pack index into an empty file, holding one bucket at a time. Errors: `PACK_CORRUPT`, `MULTI_PACK_INDEX_CORRUPT`. */
export async function writeMultiPackIndex(file: OpenFile, sources: MultiPackSources): Promise<void> {
  const kept = (sources.earlier?.packs ?? []).filter(id => sources.present.has(id));
  const ids = [...kept, ...sources.packs.map(({ id }) => id)].sort();
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const tables = Buffer.alloc(TABLES_BYTES);
  MULTI_PACK_HEAD.copy(tables);
  tables.writeUInt32LE(ids.length, 12);
  const rowsAt = TABLES_BYTES + (ids.length + 1) * DIGEST_BYTES;
  const packs = sources.packs.map(pack => ({ pack, next: 0 }));
  let count = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const earlier =
      sources.earlier && keptRows(await sources.earlier.bucket(bucket), sources.earlier, numbers);
    const rows = sorted([...(earlier ?? []), ...packs.flatMap(each => rowsOf(each, bucket, numbers))]);
    await file.write(rows, rowsAt + count * ROW_BYTES);
    count += rows.length / ROW_BYTES;
    tables.writeUInt32LE(count, 16 + bucket * 4);
    createHash('sha256')
      .update(rows)
      .digest()
      .copy(tables, 16 + BUCKETS * 4 + bucket * DIGEST_BYTES);
  }
  for (const { pack, next } of packs)
    if (next !== pack.index.entryCount) throw packCorrupt(pack.id, 'its records are not sorted by digest');
  const head = Buffer.concat([tables, ...ids.map(id => Buffer.from(id, 'hex'))]);
  await file.write(Buffer.concat([head, createHash('sha256').update(head).digest()]), 0);
}

type Numbers = ReadonlyMap<PackId, number>;

/** The rows of an earlier bucket whose packs are still there, with their packs' new numbers. */
function* keptRows(rows: Buffer, earlier: MultiPackIndex, numbers: Numbers): Generator<Buffer> {
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const pack = earlier.packs[rows.readUInt32LE(at + 40)];
    const number = pack === undefined ? undefined : numbers.get(pack);
    if (number === undefined) continue;
    const row = Buffer.from(rows.subarray(at, at + ROW_BYTES));
    row.writeUInt32LE(number, 40);
    yield row;
  }
}

/** A pack's rows of one bucket; buckets are asked for in order. */
function rowsOf(from: { readonly pack: OpenPack; next: number }, bucket: number, numbers: Numbers): Buffer[] {
  const { id, index } = from.pack;
  const rows: Buffer[] = [];
  for (; from.next < index.entryCount; from.next++) {
    const digest = index.digestBytesAt(from.next);
    if (digest[0] !== bucket) break;
    const row = Buffer.alloc(ROW_BYTES);
    row.set(digest);
    row.writeBigUInt64LE(BigInt(index.lengthAt(from.next)), 32);
    row.writeUInt32LE(numbers.get(id) ?? 0, 40);
    row.writeUInt32LE(from.next, 44);
    rows.push(row);
  }
  return rows;
}

/** By digest, then pack. */
function sorted(rows: readonly Buffer[]): Buffer {
  const order = (left: Buffer, right: Buffer): number =>
    left.compare(right, 0, DIGEST_BYTES, 0, DIGEST_BYTES) || left.readUInt32LE(40) - right.readUInt32LE(40);
  return Buffer.concat([...rows].sort(order));
}
