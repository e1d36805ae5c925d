import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { RenameRule } from '../../formats/names/rename-rule.ts';
import { tensorConflict } from '../../merge/conflict.ts';
import type { FilePlan } from '../../merge/plan-file.ts';
import type { ComputeDecision, Decide } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { alignPaths } from './align-paths.ts';
import { mergePath, type PathOutcome } from './merge-paths.ts';
import type { MergedPaths } from './merged-tree.ts';

/** Two versions of all files and what both come from. */
export interface TreesToMerge {
  readonly base: ObjectId;
  readonly ours: readonly TreeFile[];
  readonly theirs: ObjectId;
  /** What the sides are called in conflict markers, ours first. */
  readonly labels: readonly [string, string];
  readonly decide: Decide;
  /** How the project says that tensors are spelt elsewhere. */
  readonly names?: readonly RenameRule[];
  /** Where theirs is a change to be scaled. */
  readonly scaling?: ComputeDecision;
  /** Never compute: a tensor that both sides changed is a conflict. */
  readonly exact?: boolean;
}

/** Merges trees path by path, without commits; what only one side changed stays as it is. Nothing is computed yet. */
export async function mergeTrees(
  repository: Repository,
  trees: TreesToMerge,
  { signal }: LongOperation,
): Promise<MergedPaths> {
  const { history } = repository;
  const [base, theirs] = [await history.listTree(trees.base), await history.listTree(trees.theirs)];
  const outcomes: PathOutcome[] = [];
  for (const versions of await alignPaths(repository, base, [trees.ours, theirs])) {
    signal?.throwIfAborted();
    const [ours, other] = versions.sides;
    if (sameFile(other, versions.base) || (sameFile(other, ours) && !trees.scaling)) {
      if (ours) outcomes.push({ kind: 'file', file: { ...ours, path: versions.path } });
      continue;
    }
    const outcome = await mergePath(repository, versions, trees);
    outcomes.push(trees.exact && outcome.kind === 'model' ? exactly(outcome, versions) : outcome);
  }
  return {
    files: outcomes.flatMap(outcome => (outcome.kind === 'file' ? [outcome.file] : [])),
    models: outcomes.filter(outcome => outcome.kind === 'model'),
    conflicts: outcomes.filter(outcome => outcome.kind === 'conflict'),
  };
}

type ModelOutcome = Extract<PathOutcome, { kind: 'model' }>;

function exactly(
  outcome: ModelOutcome,
  versions: Extract<PathOutcome, { kind: 'conflict' }>['versions'],
): PathOutcome {
  const tensors = bothChanged(outcome.plan);
  if (tensors.length === 0) return outcome;
  const { path } = outcome;
  return {
    kind: 'conflict',
    versions,
    actions: outcome.plan.actions,
    conflict: { kind: 'tensors', path, tensors },
  };
}

function bothChanged(plan: FilePlan) {
  return plan.computed.map(({ name, base, tensors }) =>
    tensorConflict('changed-on-both', { name, base, models: tensors }),
  );
}
