import { MgitError } from '../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { MergeSettings } from '../../merge/merge-settings.ts';
import { readGitFile, removeGitFiles, writeGitFiles } from '../git-file.ts';
import type { Repository } from '../repository.ts';
import type { FileConflict } from './file-conflict.ts';
import type { ModelReport } from './models.ts';

/** In the work tree's own Git directory: linked work trees merge independently. */
const STATE = 'mgit/merge/state.json';

/** A merge that waits for its conflicts. */
export interface MergeState {
  readonly version: 1;
  /** The branch that is merged into, a full ref name; `HEAD` when it is detached. */
  readonly target: string;
  readonly tip: CommitId;
  /** What is merged, as it was called, and what it was. */
  readonly revisions: readonly { readonly revision: string; readonly commit: CommitId }[];
  readonly bases: readonly CommitId[];
  readonly method: string | null;
  /** The values of `-X`. */
  readonly given: readonly string[];
  readonly message: string;
  readonly gate: boolean;
  readonly conflicts: readonly FileConflict[];
  /** Models that merged without conflict. */
  readonly models: readonly ModelReport[];
  /** Where a recipe said how: its text, and what it says of methods. */
  readonly recipe?: { readonly text: string } & Pick<MergeSettings, 'method' | 'rules'>;
}

/**
 * The merge that waits for its conflicts, if there is one. Where Git's `MERGE_HEAD` does not name the same commits there is none: a
 * plain commit has concluded it, Git has given it up, or begun another one. Errors: `MERGE_STATE_CORRUPT`.
 */
export async function readMergeState(repository: Repository): Promise<MergeState | undefined> {
  const text = await readGitFile(repository, STATE);
  const heads = await gitMergeHeads(repository);
  if (text === undefined || heads.length === 0) return undefined;
  try {
    const state = JSON.parse(text) as MergeState;
    if (state.version !== 1) throw new Error(`version ${state.version}`);
    const commits = state.revisions.map(({ commit }) => commit);
    for (const id of [state.tip, ...commits, ...state.bases]) parseCommitId(id);
    return String(commits) === String(heads) ? state : undefined;
  } catch (cause) {
    throw new MgitError('MERGE_STATE_CORRUPT', `the waiting merge cannot be read: ${STATE}`, {
      cause,
      hint: 'remove that file of the Git directory and run git merge --abort',
    });
  }
}

/** The commits that a merge in progress brings in, by mgit or by plain Git; none without one. */
export async function gitMergeHeads(repository: Repository): Promise<readonly CommitId[]> {
  const lines = ((await readGitFile(repository, 'MERGE_HEAD')) ?? '').split('\n');
  return lines.filter(line => line !== '').map(parseCommitId);
}

/** Records a merge that waits; durable when it returns. */
export async function writeMergeState(repository: Repository, state: MergeState): Promise<void> {
  await writeGitFiles(repository, { [STATE]: `${JSON.stringify(state, null, 2)}\n` });
}

/** Forgets the waiting merge: first Git's part, without which ours means nothing. */
export async function clearMergeState(repository: Repository): Promise<void> {
  await removeGitFiles(repository, ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE']);
  await removeGitFiles(repository, [STATE]);
}
