import type { FileStat } from '../../base/ports/file-system.ts';
import type { IndexEntry } from './index-file.ts';

/** The fields of an index entry that come from the file's metadata. */
export type StatData = Pick<
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

/** Stat data of an entry that is not known to be clean. */
export const UNKNOWN_STAT: StatData = {
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

const BILLION = 1_000_000_000n;
const uint32 = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** A file's metadata as Git's index holds it: every number cut to 32 bits. Source: gitformat-index(5). */
export function statDataOf(stat: FileStat): StatData {
  return {
    size: indexSize(stat.size),
    mtimeSeconds: uint32(stat.mtimeNs / BILLION),
    mtimeNanoseconds: uint32(stat.mtimeNs % BILLION),
    ctimeSeconds: uint32(stat.ctimeNs / BILLION),
    ctimeNanoseconds: uint32(stat.ctimeNs % BILLION),
    dev: uint32(stat.dev),
    ino: uint32(stat.ino),
    uid: stat.uid >>> 0,
    gid: stat.gid >>> 0,
  };
}

/** Git reads size 0 as "not known to be clean", so a multiple of 4 GiB is written as 2^31. Source: `munge_st_size`, Git 2.43. */
function indexSize(size: number): number {
  const cut = size % 2 ** 32;
  return cut === 0 && size > 0 ? 2 ** 31 : cut;
}

/** Which fields count: Git's `core.trustctime` and `core.checkStat`. */
export interface StatPolicy {
  readonly trustCtime: boolean;
  readonly checkStat: 'default' | 'minimal';
}

/** Whether the metadata says that a file is what it was when its entry was written. */
export function sameStat(entry: StatData, stat: FileStat, policy: StatPolicy): boolean {
  const now = statDataOf(stat);
  if (entry.size !== now.size || !sameTime(entry, now, 'mtime')) return false;
  if (policy.checkStat === 'minimal') return true;
  if (policy.trustCtime && !sameTime(entry, now, 'ctime')) return false;
  return entry.ino === now.ino && entry.uid === now.uid && entry.gid === now.gid;
}

/** Some programs write whole seconds only: nanoseconds count where both have them. */
function sameTime(left: StatData, right: StatData, which: 'mtime' | 'ctime'): boolean {
  if (left[`${which}Seconds`] !== right[`${which}Seconds`]) return false;
  const [a, b] = [left[`${which}Nanoseconds`], right[`${which}Nanoseconds`]];
  return a === b || a === 0 || b === 0;
}

/**
 * Whether a file may have changed after its entry was written without its time telling: its time is not before that of the index.
 * `indexTimeNs` undefined (no index): always. Source: Git's racy-git.txt.
 */
export function isRacy(entry: StatData, indexTimeNs: bigint | undefined): boolean {
  if (indexTimeNs === undefined) return true;
  const seconds = BigInt(entry.mtimeSeconds);
  if (entry.mtimeNanoseconds === 0) return seconds >= indexTimeNs / BILLION;
  return seconds * BILLION + BigInt(entry.mtimeNanoseconds) >= indexTimeNs;
}
