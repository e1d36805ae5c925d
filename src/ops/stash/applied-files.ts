import type { TreeFile } from '../../store/history/history.ts';
import type { AppliedFile } from '../history/operations.ts';
import type { MergedWorkTree } from '../merge/merge-into-work-tree.ts';
import { differingPaths } from './take-up.ts';

/** What was changed in index and work tree without a commit, as `undo` needs it; `untracked` were not there before. */
export function appliedFiles(
  { before, after }: Pick<MergedWorkTree, 'before' | 'after'>,
  untracked: readonly TreeFile[] = [],
): readonly AppliedFile[] {
  const version = (file: TreeFile | undefined): AppliedFile['before'] =>
    file ? { id: file.id, mode: file.mode } : null;
  return [
    ...differingPaths(before, after).map(path => ({
      path,
      before: version(before.get(path)),
      after: version(after.get(path)),
    })),
    ...untracked.map(file => ({ path: file.path, before: null, after: version(file) })),
  ];
}
