import type { ObjectId } from '../../base/ids.ts';
import type { IndexEntry } from './index-file.ts';
import { UNKNOWN_STAT } from './index-stat.ts';

/** A change of the index: entries that replace what stands at their paths (all stages), and paths that leave it. */
export interface IndexEdit {
  readonly set: readonly IndexEntry[];
  readonly remove: readonly string[];
}

/**
 * The entries after an edit; those that stay are the same objects. A file takes the place of what was below it as a directory, and the
 * other way round.
 */
export function applyIndexEdit(entries: readonly IndexEntry[], edit: IndexEdit): IndexEntry[] {
  const set = new Set(edit.set.map(entry => entry.path));
  const gone = new Set(edit.remove);
  const parents = new Set(edit.set.flatMap(entry => parentsOf(entry.path)));
  const isReplaced = (path: string): boolean =>
    set.has(path) || gone.has(path) || parents.has(path) || parentsOf(path).some(parent => set.has(parent));
  return [...entries.filter(entry => !isReplaced(entry.path)), ...edit.set];
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
    ...UNKNOWN_STAT,
    assumeValid: false,
    skipWorktree: false,
    intentToAdd: false,
    ...given,
  };
}
