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
    size: indexSize(stat.size),
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

/** Which fields count: Git's `core.trustctime` and `core.checkStat`. */
export interface StatPolicy {
  readonly trustCtime: boolean;
  readonly checkStat: 'default' | 'minimal';
}

const GIT_DEFAULT: StatPolicy = { trustCtime: true, checkStat: 'default' };

/**
 * True when the file still is what the entry was made from, as far as metadata tell; content decides for racy entries. Like Git, not
 * by the device: it changes when a network file system is mounted again.
 */
export function matchesStat(entry: IndexStat, stat: FileStat, policy: StatPolicy = GIT_DEFAULT): boolean {
  const now = indexStat(stat);
  if (entry.size !== now.size || !sameTime(entry, now, 'mtime')) return false;
  if (policy.checkStat === 'minimal') return true;
  if (policy.trustCtime && !sameTime(entry, now, 'ctime')) return false;
  return entry.ino === now.ino && entry.uid === now.uid && entry.gid === now.gid;
}

/** Some programs write whole seconds only: nanoseconds count where both have them. */
function sameTime(left: IndexStat, right: IndexStat, which: 'mtime' | 'ctime'): boolean {
  if (left[`${which}Seconds`] !== right[`${which}Seconds`]) return false;
  const [a, b] = [left[`${which}Nanoseconds`], right[`${which}Nanoseconds`]];
  return a === b || a === 0 || b === 0;
}

/** True when the entry is as young as the index, so that a later change may carry the same times: only the content can tell. */
export function isRacy(entry: IndexStat, index: Pick<GitIndex, 'mtimeNs'>): boolean {
  const seconds = BigInt(entry.mtimeSeconds);
  if (entry.mtimeNanoseconds === 0) return seconds >= index.mtimeNs / NANOSECONDS;
  return seconds * NANOSECONDS + BigInt(entry.mtimeNanoseconds) >= index.mtimeNs;
}

/**
 * True for an entry that Git may take for clean once a younger index holds it: most builds of Git compare whole seconds, so a file changed
 * again within the second of its entry looks unchanged to them.
 */
export function isRacyInSeconds(entry: IndexStat, index: Pick<GitIndex, 'mtimeNs'>): boolean {
  return index.mtimeNs > 0n && BigInt(entry.mtimeSeconds) >= index.mtimeNs / NANOSECONDS;
}

const NANOSECONDS = 1_000_000_000n;

/** Git reads size 0 as "not known to be clean", so a multiple of 4 GiB is written as 2^31. Source: `munge_st_size`, Git 2.43. */
function indexSize(size: number): number {
  const cut = low32(BigInt(size));
  return cut === 0 && size > 0 ? 2 ** 31 : cut;
}

function low32(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}
