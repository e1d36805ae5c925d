import { join } from 'node:path';
import type { ObjectId } from '../../../base/ids.ts';
import type { ReflogEntry } from '../history.ts';
import { refConflict } from '../ref-names.ts';
import { formatReflogEntry, readReflog } from '../reflog-file.ts';
import { takeLock } from './lock-file.ts';
import { refRoot } from './ref-files.ts';
import { type RefChange, transactRefs } from './ref-transaction.ts';

/** Which entry goes: counted from the newest, 0, and what it must lead to. */
export interface DroppedEntry {
  readonly ref: string;
  readonly position: number;
  readonly expected: ObjectId;
}

/**
 * Removes an entry of a ref's log. The log comes first: after a crash in between, the ref is at an entry that is gone, as after
 * `git reflog delete` without `--updateref`. Errors: `REF_CONFLICT`, `REF_LOCKED`.
 */
export async function dropReflogEntry(change: RefChange, dropped: DroppedEntry): Promise<void> {
  const { files } = change;
  const { ref, expected } = dropped;
  const root = refRoot(files, ref);
  const lock = await takeLock(files.ports, join(root, ref), ref);
  let isLast = false;
  try {
    const left = withoutEntry(await readReflog(files.ports.fs, root, ref), dropped);
    const newest = left[0];
    isLast = newest === undefined;
    if (newest !== undefined) {
      await replaceLog(change, ref, left);
      await lock.write(`${newest.new}\n`);
      await lock.commit();
    }
  } finally {
    await lock.release();
  }
  if (isLast) await transactRefs(change, [{ ref, target: null, expected }]);
}

/** The entries that stay, newest first; each begins where the one before it led. */
function withoutEntry(
  log: readonly ReflogEntry[],
  { ref, position, expected }: DroppedEntry,
): readonly ReflogEntry[] {
  if (log[position]?.new !== expected) throw refConflict(ref, `its entry ${position} is not ${expected}`);
  const newer = log[position - 1];
  return log.flatMap((entry, at) => {
    if (at === position) return [];
    return [entry === newer ? { ...entry, old: log[position]?.old ?? entry.old } : entry];
  });
}

async function replaceLog({ files }: RefChange, ref: string, entries: readonly ReflogEntry[]): Promise<void> {
  const lock = await takeLock(files.ports, join(refRoot(files, ref), 'logs', ref), ref);
  try {
    await lock.write([...entries].reverse().map(formatReflogEntry).join(''));
    await lock.commit();
  } finally {
    await lock.release();
  }
}
