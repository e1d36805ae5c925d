import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TargetPolicy } from '../gate/policy.ts';
import { checkOutGateModel, type GateWorkspace } from '../gate/workspace.ts';
import { refuseConflicts } from '../merge/merge.ts';
import { mergePaths } from '../merge/merged-tree.ts';
import { mergeModels } from '../merge/models.ts';
import { readSituation } from '../merge/situation.ts';
import { withData } from '../merge/with-data.ts';
import type { Repository } from '../repository.ts';
import { cachedEvaluation } from '../training/evaluation-cache.ts';
import type { Development, DevelopmentScore } from './development.ts';

/** A merge that is tried. */
export interface TrialRequest {
  readonly revisions: readonly string[];
  readonly method: string | undefined;
  readonly given: readonly string[];
  readonly into: string | undefined;
  readonly data?: readonly string[] | undefined;
}

/** A commit that nothing names, and its tree: what a merge would give, without its record. gc takes it. */
export interface TrialMerge {
  readonly commit: CommitId;
  readonly tree: ObjectId;
}

/** Merges as `mergeRevisions` would, for a look only. Errors: as there; `MERGE_CONFLICTS`. */
export async function mergeTrial(
  repository: Repository,
  request: TrialRequest,
  long: LongOperation,
): Promise<TrialMerge> {
  const { history } = repository;
  const situation = await readSituation(repository, request);
  const [first] = situation.revisions;
  if (situation.isFastForward && first) return trialOf(repository, first.commit);
  const merged = await mergePaths(repository, situation, long);
  refuseConflicts(merged, 'a search cannot wait for them to be resolved');
  const { models } = await withData(repository, situation, merged.models, {
    ...long,
    ...(request.data ? { data: request.data } : {}),
  });
  const { files } = await mergeModels(repository, models, long);
  const tree = await history.writeTree([...merged.files, ...files]);
  const commit = await history.writeCommit({
    tree,
    parents: [situation.target.tip],
    message: 'Trial of a merge\n',
  });
  return { commit, tree };
}

/** A commit as it is. */
export async function trialOf({ history }: Repository, commit: CommitId): Promise<TrialMerge> {
  return { commit, tree: (await history.readCommit(commit)).tree };
}

/** Scores a trial's models; the same models are measured once for ever. */
export async function scoreTrial(
  repository: Repository,
  { commit, tree }: TrialMerge,
  { policy, workspace, development, long }: ScoreContext,
): Promise<DevelopmentScore> {
  const key = { development: development.key, metric: development.metric, tree };
  const { outcome } = await cachedEvaluation(repository, key, async () => {
    const directory = join(workspace.directory, 'trials', commit);
    await repository.ports.fs.makeDirectory(directory);
    try {
      const place = { commit, directory, operation: long };
      return await development.score(await checkOutGateModel(repository, policy, place));
    } finally {
      await repository.ports.fs.removeDirectory(directory, { recursive: true });
    }
  });
  return outcome;
}

/** What scoring needs besides the trial. */
export interface ScoreContext {
  readonly policy: TargetPolicy;
  readonly workspace: GateWorkspace;
  readonly development: Development;
  readonly long: LongOperation;
}
