import type { ObjectId } from '../../base/ids.ts';
import type { IndexEntry } from './index-file.ts';
import { isRacy } from './stat-data.ts';

/** A change of the index: entries that replace what stands at their paths (all stages), and paths that leave it. */
export interface IndexEdit {
  readonly set: readonly IndexEntry[];
  readonly remove: readonly string[];
}

/** What identifies the index that an edit is applied to. */
export interface IndexBefore {
  readonly entries: readonly IndexEntry[];
  /** Its modification time; undefined when there was no index. */
  readonly timeNs: bigint | undefined;
}

/**
 * The entries after an edit. A file takes the place of what was below it as a directory, and the other way round. Racy entries lose
 * their size, as in Git: the new index is younger than they are and could not tell any more that they may have changed.
 */
export function applyIndexEdit(before: IndexBefore, edit: IndexEdit): IndexEntry[] {
  const set = new Set(edit.set.map(entry => entry.path));
  const gone = new Set(edit.remove);
  const parents = new Set(edit.set.flatMap(entry => parentsOf(entry.path)));
  const isReplaced = (path: string): boolean =>
    set.has(path) || gone.has(path) || parents.has(path) || parentsOf(path).some(parent => set.has(parent));
  const kept = before.entries.filter(entry => !isReplaced(entry.path));
  return [...kept.map(entry => smudge(entry, before.timeNs)), ...edit.set];
}

function smudge(entry: IndexEntry, timeNs: bigint | undefined): IndexEntry {
  return entry.stage === 0 && isRacy(entry, timeNs) ? { ...entry, size: 0 } : entry;
}

/** `a/b/c` -> `a`, `a/b`. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) parents.push(path.slice(0, at));
  return parents;
}

/** An entry from its parts; what is not given is zero, false or stage 0. */
export function indexEntry(
  given: Pick<IndexEntry, 'path' | 'id' | 'mode'> & Partial<IndexEntry>,
): IndexEntry & { readonly id: ObjectId } {
  return {
    stage: 0,
    size: 0,
    mtimeSeconds: 0,
    mtimeNanoseconds: 0,
    ctimeSeconds: 0,
    ctimeNanoseconds: 0,
    dev: 0,
    ino: 0,
    uid: 0,
    gid: 0,
    assumeValid: false,
    skipWorktree: false,
    intentToAdd: false,
    ...given,
  };
}
