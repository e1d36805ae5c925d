import type { LongOperation } from '../../base/events.ts';
import { recordStash } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import { type MergedWorkTree, mergeIntoWorkTree } from '../merge/merge-into-work-tree.ts';
import type { ModelReport } from '../merge/models.ts';
import { refuseUnmatched } from '../merge/refuse-unmatched.ts';
import type { Repository } from '../repository.ts';
import { appliedFiles } from '../stash/applied-files.ts';
import { commitsOf, currentCommit, type PickOptions } from './pick.ts';
import { readReplaySettings, takeRules } from './replay-settings.ts';
import { readStep } from './replay-step.ts';

/** What `--no-commit` did: the changes are in index and work tree. */
export interface StagedPicks {
  readonly models: readonly ModelReport[];
  /** Of the commit at which it ended, where there are any. */
  readonly conflicts: readonly FileConflict[];
}

/**
 * Makes the changes of commits in index and work tree and commits nothing; staged changes may be there, and stay. Conflicts end it: the index
 * holds all versions. Errors: `LOCAL_CHANGES` for files that differ from the index, `CONFLICTS_UNRESOLVED`, those of `pickCommits`.
 */
export async function stagePicks(
  repository: Repository,
  operation: 'cherry-pick' | 'revert',
  options: PickOptions & LongOperation,
): Promise<StagedPicks> {
  await refuseUnconcluded(repository);
  const { commit: origin } = await currentCommit(repository);
  const todo = await commitsOf(repository, operation, options.revisions);
  const { scale = 1, given = [], mainline = null } = options;
  await refuseUnmatched(repository, takeRules(given), [origin, ...todo]);
  const { paths } = await readReplaySettings(repository.history, { origin, scale, given });
  const models: ModelReport[] = [];
  const states: Pick<MergedWorkTree, 'before' | 'after'>[] = [];
  for (const id of todo) {
    const { base, theirs, label } = await readStep(repository, id, { operation, mainline });
    const change = { base, theirs, labels: ['HEAD', label] as const, ...paths };
    const merged = await mergeIntoWorkTree(repository, change, options);
    models.push(...merged.models);
    states.push(merged);
    if (merged.conflicts.length > 0) return { models, conflicts: merged.conflicts };
  }
  await record(repository, `${operation} --no-commit ${options.revisions.join(' ')}`, states);
  return { models, conflicts: [] };
}

/** What `undo` takes away again. What left conflicts is finished, or given up, by hand. */
async function record(
  repository: Repository,
  command: string,
  states: readonly Pick<MergedWorkTree, 'before' | 'after'>[],
): Promise<void> {
  const [first, last] = [states[0], states.at(-1)];
  if (first === undefined || last === undefined) return;
  const applied = appliedFiles({ before: first.before, after: last.after });
  await recordStash(repository, { command, stash: { applied } });
}
