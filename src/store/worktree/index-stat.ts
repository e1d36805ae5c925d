import type { FileStat } from '../../base/ports/file-system.ts';
import type { GitIndex, IndexEntry } from './index-file.ts';

/** The part of an index entry that comes from a file's metadata. */
export type IndexStat = Pick<
  IndexEntry,
  | 'size'
  | 'mtimeSeconds'
  | 'mtimeNanoseconds'
  | 'ctimeSeconds'
  | 'ctimeNanoseconds'
  | 'dev'
  | 'ino'
  | 'uid'
  | 'gid'
>;

/** Metadata as Git's index stores it: everything cut to 32 bits, and nothing but times and size on Windows. */
export function indexStat(stat: FileStat): IndexStat {
  const identity =
    process.platform === 'win32'
      ? { dev: 0, ino: 0, uid: 0, gid: 0 }
      : { dev: low32(stat.dev), ino: low32(stat.ino), uid: stat.uid >>> 0, gid: stat.gid >>> 0 };
  return {
    size: low32(BigInt(stat.size)),
    mtimeSeconds: low32(stat.mtimeNs / NANOSECONDS),
    mtimeNanoseconds: Number(stat.mtimeNs % NANOSECONDS),
    ctimeSeconds: low32(stat.ctimeNs / NANOSECONDS),
    ctimeNanoseconds: Number(stat.ctimeNs % NANOSECONDS),
    ...identity,
  };
}

/** Metadata of an entry of which nothing is known: whoever compares it looks at the content. */
export const UNKNOWN_STAT: IndexStat = {
  size: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  ctimeSeconds: 0,
  ctimeNanoseconds: 0,
  dev: 0,
  ino: 0,
  uid: 0,
  gid: 0,
};

/** True when the file still is what the entry was made from, as far as metadata tell; content decides for racy entries. */
export function matchesStat(entry: IndexEntry, stat: FileStat): boolean {
  const now = indexStat(stat);
  return COMPARED.every(field => entry[field] === now[field]);
}

/** True when the entry is as young as the index, so that a later change may carry the same times: only the content can tell. */
export function isRacy(entry: IndexEntry, index: Pick<GitIndex, 'mtimeNs'>): boolean {
  const mtimeNs = BigInt(entry.mtimeSeconds) * NANOSECONDS + BigInt(entry.mtimeNanoseconds);
  return mtimeNs >= index.mtimeNs;
}

const NANOSECONDS = 1_000_000_000n;

/** Like Git, not the device: it changes when a network file system is mounted again. */
const COMPARED = [
  'size',
  'mtimeSeconds',
  'mtimeNanoseconds',
  'ctimeSeconds',
  'ctimeNanoseconds',
  'ino',
  'uid',
  'gid',
] as const;

function low32(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}
