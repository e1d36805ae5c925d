import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { writeGitFiles } from '../git-file.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree, writeFiles } from '../worktree/checkout.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import type { FileConflict } from './file-conflict.ts';
import { type PathOutcome, stagesOf } from './merge-paths.ts';
import { type MergeState, writeMergeState } from './merge-state.ts';

type Conflict = Extract<PathOutcome, { kind: 'conflict' }>;

/** A merge that must wait. */
export interface PauseRequest extends LongOperation {
  readonly state: MergeState;
  /** Everything that merged. */
  readonly files: readonly TreeFile[];
  readonly conflicts: readonly Conflict[];
}

/**
 * Leaves a merge to the user: what merged is staged and written; of what did not, the index holds all versions (stages 1 to 3) and the
 * work tree ours, text with conflict markers. The state is on disk first, so that `--abort` works after a crash. Errors: `LOCAL_CHANGES`.
 */
export async function pauseMerge(
  repository: Repository,
  request: PauseRequest,
): Promise<readonly FileConflict[]> {
  const { history } = repository;
  const { state, conflicts } = request;
  const ours = conflicts.flatMap(({ versions }): TreeFile[] => {
    const [version] = versions.sides;
    return version ? [{ path: versions.path, ...version }] : [];
  });
  const to = await history.writeTree([...request.files, ...ours]);
  await writeMergeState(repository, state);
  const heads = state.revisions.map(({ commit }) => `${commit}\n`).join('');
  await writeGitFiles(repository, { MERGE_HEAD: heads, MERGE_MSG: state.message });
  const { tree: from } = await history.readCommit(state.tip);
  await checkoutTree(repository, { ...request, from, to });
  await markConflicts(repository, conflicts, request);
  return state.conflicts;
}

/** Puts all versions of conflicts into the index, and marked texts into the work tree. */
export async function markConflicts(
  repository: Repository,
  conflicts: readonly Conflict[],
  long: LongOperation,
): Promise<void> {
  const workTree = await workTreeOf(repository);
  const marked = conflicts.flatMap(({ marked: version, versions }): TreeFile[] =>
    version ? [{ path: versions.path, ...version }] : [],
  );
  const set = conflicts.flatMap(({ versions }) =>
    stagesOf(versions).map(stage => indexEntry({ path: versions.path, ...stage })),
  );
  await changeFiles(workTree, {
    plan: async () => undefined,
    perform: async (_, index) => {
      const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
      await writeFiles(repository, marked, { attributes, long });
      return { set, remove: [] };
    },
  });
}
