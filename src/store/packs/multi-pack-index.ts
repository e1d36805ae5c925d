import { createHash } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import { firstWhere } from '../../base/first-where.ts';
import { type Digest, type PackId, parsePackId } from '../../base/ids.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';

/** First bytes of a multi-pack index: magic and version 1. */
export const MULTI_PACK_HEAD = Buffer.from([0x89, 0x4d, 0x47, 0x49, 0x54, 0x4d, 0x50, 0x49, 1, 0, 0, 0]);
/** Entries lie in one bucket per first byte of their digest. */
export const BUCKETS = 256;
/** Digest, length of the extent u64, pack u32, position in the pack's index u32. */
export const ROW_BYTES = 48;
/** Head, packs u32, per bucket the number of entries up to its end u32, per bucket the SHA-256 of its bytes. */
export const TABLES_BYTES = 16 + BUCKETS * 4 + BUCKETS * 32;
export const DIGEST_BYTES = 32;
const MOST_PACKS = 1_000_000;

/** Where a pack says something of an extent. */
export interface PackPlace {
  readonly pack: PackId;
  /** In the pack's index. */
  readonly position: number;
}

/**
 * Which packs hold what, in one table over many packs. A cache: whoever follows a place must find the digest there. Buckets are read when
 * they are needed, and checked then.
 */
export interface MultiPackIndex {
  /** Sorted. */
  readonly packs: readonly PackId[];
  /** Errors, of all readers: `MULTI_PACK_INDEX_CORRUPT`. */
  find(digest: Digest): Promise<readonly PackPlace[]>;
  /** The rows of the digests that begin with this byte, one after the other. */
  bucket(firstByte: number): Promise<Buffer>;
}

/** Opens a multi-pack index (`docs/format.md`). Errors: `MULTI_PACK_INDEX_CORRUPT`. */
export async function openMultiPackIndex(file: OpenFile): Promise<MultiPackIndex> {
  const tables = await readAt(file, 0, TABLES_BYTES);
  const packCount = tables.readUInt32LE(12);
  if (!tables.subarray(0, 12).equals(MULTI_PACK_HEAD) || packCount > MOST_PACKS) throw corrupt();
  const ids = await readAt(file, TABLES_BYTES, packCount * DIGEST_BYTES);
  const rowsAt = TABLES_BYTES + ids.length + DIGEST_BYTES;
  const checksum = createHash('sha256').update(tables).update(ids).digest();
  if (!checksum.equals(await readAt(file, TABLES_BYTES + ids.length, DIGEST_BYTES))) throw corrupt();
  const packs = Array.from({ length: packCount }, (_, at) =>
    parsePackId(ids.toString('hex', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)),
  );
  const buckets = new Map<number, Promise<Buffer>>();
  const bucket = (firstByte: number): Promise<Buffer> => {
    const known = buckets.get(firstByte) ?? readBucket(file, { tables, rowsAt }, firstByte);
    buckets.set(firstByte, known);
    return known;
  };
  return {
    packs,
    bucket,
    find: async digest => {
      const wanted = Buffer.from(digest, 'hex');
      return placesIn(await bucket(wanted[0] as number), wanted, packs);
    },
  };
}

/** The error of a multi-pack index that cannot be used; nothing is lost with it. */
export function corrupt(): MgitError {
  return new MgitError('MULTI_PACK_INDEX_CORRUPT', 'the multi-pack index is damaged');
}

async function readBucket(
  file: OpenFile,
  { tables, rowsAt }: { readonly tables: Buffer; readonly rowsAt: number },
  bucket: number,
): Promise<Buffer> {
  const from = bucket === 0 ? 0 : tables.readUInt32LE(16 + (bucket - 1) * 4);
  const to = tables.readUInt32LE(16 + bucket * 4);
  if (to < from) throw corrupt();
  const rows = await readAt(file, rowsAt + from * ROW_BYTES, (to - from) * ROW_BYTES);
  const checksumAt = 16 + BUCKETS * 4 + bucket * DIGEST_BYTES;
  const checksum = createHash('sha256').update(rows).digest();
  if (!checksum.equals(tables.subarray(checksumAt, checksumAt + DIGEST_BYTES))) throw corrupt();
  return rows;
}

function placesIn(rows: Buffer, wanted: Buffer, packs: readonly PackId[]): readonly PackPlace[] {
  const places: PackPlace[] = [];
  const count = rows.length / ROW_BYTES;
  for (let row = firstRow(rows, wanted); row < count; row++) {
    const at = row * ROW_BYTES;
    if (rows.compare(wanted, 0, DIGEST_BYTES, at, at + DIGEST_BYTES) !== 0) break;
    const pack = packs[rows.readUInt32LE(at + 40)];
    if (pack === undefined) throw corrupt();
    places.push({ pack, position: rows.readUInt32LE(at + 44) });
  }
  return places;
}

/** The first row whose digest is not before `wanted`. Six bytes as a number nearly always decide. */
function firstRow(rows: Buffer, wanted: Buffer): number {
  const beginning = wanted.readUIntBE(0, 6);
  return firstWhere({ to: rows.length / ROW_BYTES }, row => {
    const at = row * ROW_BYTES;
    const difference = rows.readUIntBE(at, 6) - beginning;
    return (
      (difference === 0 ? rows.compare(wanted, 0, DIGEST_BYTES, at, at + DIGEST_BYTES) : difference) >= 0
    );
  });
}

async function readAt(file: OpenFile, offset: number, length: number): Promise<Buffer> {
  const { size } = await file.stat();
  if (offset + length > size) throw corrupt();
  const bytes = Buffer.allocUnsafeSlow(length);
  if ((await file.read(bytes, offset)) !== length) throw corrupt();
  return bytes;
}
