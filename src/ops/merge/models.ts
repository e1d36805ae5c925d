import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { executeFile, type MergedFile } from '../../merge/execute.ts';
import { measurePlans } from '../../merge/measure-stored.ts';
import type { TensorAction } from '../../merge/plan.ts';
import type { FilePlan } from '../../merge/plan-file.ts';
import type { Relations } from '../../merge/relation-columns.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { refuseUnmeasured } from './with-data.ts';

/** A model whose tensors are planned. */
export interface PlannedModel {
  readonly path: string;
  readonly mode: number;
  readonly plan: FilePlan;
  /** What its methods measure on data was measured. */
  readonly isMeasured?: boolean;
}

/** How many tensors of a model were treated how. */
export type ActionCounts = {
  readonly kept: number;
  readonly ours: number;
  readonly theirs: number;
  readonly base: number;
  readonly computed: number;
  readonly removed: number;
  readonly conflicts: number;
};

/** What the merge did to one model, for the merge record and `--json`. */
export type ModelReport = {
  readonly path: string;
  readonly counts: ActionCounts;
  readonly tensors: readonly TensorReport[];
};

/** A computed tensor: method, models that changed it, and how their task vectors (changes since the base) relate. */
export type TensorReport = {
  readonly name: string;
  readonly method: string;
  readonly models: readonly number[];
  /** Euclidean norm of each model's task vector. */
  readonly norms: readonly number[];
  /** Of the first model's task vector and each other one's. */
  readonly cosines: readonly (number | null)[];
  /** Share of elements that both moved, in opposite directions; likewise. */
  readonly signConflicts: readonly (number | null)[];
};

/** The merged models: files of the new tree, and what was done to them. */
export interface MergedModels {
  readonly files: readonly TreeFile[];
  readonly reports: readonly ModelReport[];
}

/**
 * Computes planned models into the store, as recipes, all or nothing: where an input has NaN or infinity, nothing is stored.
 * Errors: `MERGE_NON_FINITE`, `MERGE_LAYOUT_UNSUPPORTED`, those of the methods and the store.
 */
export async function mergeModels(
  repository: Repository,
  models: readonly PlannedModel[],
  operation: LongOperation,
): Promise<MergedModels> {
  const { store } = repository;
  refuseUnmeasured(models);
  await store.require(
    models.flatMap(({ plan }) => inputsOf(plan)),
    operation,
  );
  const measured = await measuredModels(models, { store, ...operation });
  const writer = store.writer();
  const files: TreeFile[] = [];
  const reports: ModelReport[] = [];
  try {
    for (const { path, mode, plan } of measured) {
      const { manifest, relations } = await executeFile(plan, { ...operation, store, writer });
      files.push({ path, mode, id: await repository.history.writeBlob(manifest.text) });
      reports.push(reportOf(path, plan, relations));
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return { files, reports };
}

/** Shards of one model are measured together. */
async function measuredModels(
  models: readonly PlannedModel[],
  context: Parameters<typeof measurePlans>[1],
): Promise<readonly PlannedModel[]> {
  const result = [...models];
  const groups = Map.groupBy(models.keys(), at => modelOfShard(models[at]?.path ?? ''));
  for (const places of groups.values()) {
    const plans = await measurePlans(
      places.map(at => (models[at] as PlannedModel).plan),
      context,
    );
    for (const [index, at] of places.entries())
      result[at] = { ...(models[at] as PlannedModel), plan: plans[index] as FilePlan };
  }
  return result;
}

/** The path of a file without the number of its shard. */
function modelOfShard(path: string): string {
  return path.replace(/-\d{5}-of-\d{5}(?=\.\w+$)/, '');
}

/** The extents that a plan computes with. What only one side changed is not among them: it is taken unseen. */
function inputsOf({ computed }: FilePlan): readonly Digest[] {
  const digests: Digest[] = [];
  for (const { base, tensors } of computed)
    for (const { extent } of [...tensors, ...(base ? [base] : [])]) digests.push(extent.digest);
  return digests;
}

/** Counts what actions do. */
export function countActions(actions: Iterable<TensorAction>): ActionCounts {
  const counts = { kept: 0, ours: 0, theirs: 0, base: 0, computed: 0, removed: 0, conflicts: 0 };
  for (const action of actions) counts[countedAs(action)]++;
  return counts;
}

function countedAs(action: TensorAction): keyof ActionCounts {
  switch (action.kind) {
    case 'keep':
      return 'kept';
    case 'take':
      return action.from === 'base' ? 'base' : action.from === 0 ? 'ours' : 'theirs';
    case 'compute':
      return 'computed';
    case 'remove':
      return 'removed';
    default:
      return 'conflicts';
  }
}

function reportOf(path: string, plan: FilePlan, relations: MergedFile['relations']): ModelReport {
  const tensors = plan.computed.map(({ name, method, models }, at) => {
    const { norms, pairs } = relations.at(at) as Relations;
    return {
      name,
      method: method.name,
      models,
      norms,
      cosines: pairs.map(pair => pair.cosine),
      signConflicts: pairs.map(pair => pair.signConflicts),
    };
  });
  return { path, counts: countActions(plan.actions), tensors };
}
