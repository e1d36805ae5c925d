import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import { type ExpectedCost, expectedCost } from '../../merge/expected-cost.ts';
import type { TensorAction } from '../../merge/plan.ts';
import { blockOf } from '../diff/block-summaries.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import type { FileConflict } from './file-conflict.ts';
import { type MergedPaths, mergePaths } from './merged-tree.ts';
import { type ActionCounts, countActions } from './models.ts';
import { type MergeRequest, type MergeSituation, readSituation } from './situation.ts';

/** What would become of one tensor. */
export interface PlannedTensor {
  readonly name: string;
  readonly action: 'keep' | 'take' | 'compute' | 'remove' | 'conflict';
  /** The method of a computed tensor; whose version is taken. */
  readonly by?: string;
  /** Bytes of the result that are calculated. */
  readonly bytes?: number;
}

/** The plan of one model that several sides changed. */
export interface ModelPreview {
  readonly path: string;
  readonly counts: ActionCounts;
  /** The same per block of the model, in the order of the manifest. */
  readonly blocks: readonly { readonly block: string; readonly counts: ActionCounts }[];
  readonly tensors: readonly PlannedTensor[];
  readonly cost: ExpectedCost;
}

/** What `mgit merge --dry-run` tells. */
export interface MergePreview {
  readonly kind: 'preview';
  readonly target: string;
  readonly tip: CommitId;
  readonly relation: 'up-to-date' | 'fast-forward' | 'diverged';
  /** The merge bases: several in a criss-cross history. */
  readonly bases: readonly CommitId[];
  readonly revisions: MergeSituation['revisions'];
  /** The gates that the merge would have to pass. */
  readonly gates: readonly string[];
  /** Paths that would change in the target, models that several sides changed among them. */
  readonly files: readonly string[];
  readonly models: readonly ModelPreview[];
  readonly conflicts: readonly FileConflict[];
}

/** Plans a merge and writes nothing that anybody sees. Errors: those of `mergeRevisions` up to its first computation. */
export async function previewMerge(
  repository: Repository,
  request: MergeRequest,
  operation: LongOperation = {},
): Promise<MergePreview> {
  const situation = await readSituation(repository, request);
  const { target, revisions, isFastForward, bases } = situation;
  const merged = revisions.length > 0 ? await mergePaths(repository, situation, operation) : undefined;
  const relation = isFastForward ? 'fast-forward' : 'diverged';
  return {
    kind: 'preview',
    target: target.ref,
    tip: target.tip,
    relation: merged ? relation : 'up-to-date',
    bases,
    revisions,
    gates: target.protection?.gates ?? [],
    files: merged ? await changedPaths(repository, situation, merged) : [],
    models: merged ? [...merged.models, ...conflictedModels(merged)].map(modelPreview) : [],
    conflicts: merged?.conflicts.map(({ conflict }) => conflict) ?? [],
  };
}

async function changedPaths(
  repository: Repository,
  { target }: MergeSituation,
  merged: MergedPaths,
): Promise<readonly string[]> {
  const before = new Map((await filesOf(repository, target.tip)).map(file => [file.path, file]));
  const after = new Set(merged.files.map(file => file.path));
  const pending = new Set([
    ...merged.models.map(({ path }) => path),
    ...merged.conflicts.map(({ versions }) => versions.path),
  ]);
  const changed = merged.files.filter(file => {
    const old = before.get(file.path);
    return old?.id !== file.id || old.mode !== file.mode;
  });
  const removed = [...before.keys()].filter(path => !after.has(path) && !pending.has(path));
  return [...changed.map(file => file.path), ...removed, ...pending].sort();
}

type Actions = { readonly path: string; readonly actions: Table<TensorAction> };

function conflictedModels({ conflicts }: MergedPaths): readonly Actions[] {
  return conflicts.flatMap(({ versions, actions }) => (actions ? [{ path: versions.path, actions }] : []));
}

function modelPreview(model: Actions | MergedPaths['models'][number]): ModelPreview {
  const actions = 'plan' in model ? model.plan.actions : model.actions;
  const blocks = new Map<string, TensorAction[]>();
  for (const action of actions) {
    const block = blockOf(nameOf(action));
    const known = blocks.get(block);
    if (known) known.push(action);
    else blocks.set(block, [action]);
  }
  return {
    path: model.path,
    counts: countActions(actions),
    blocks: [...blocks].map(([block, found]) => ({ block, counts: countActions(found) })),
    tensors: actions.map(plannedTensor),
    cost: expectedCost(actions.filter(action => action.kind === 'compute')),
  };
}

function nameOf(action: TensorAction): string {
  return action.kind === 'conflict' ? action.conflict.name : action.name;
}

function plannedTensor(action: TensorAction): PlannedTensor {
  const name = nameOf(action);
  if (action.kind === 'compute')
    return {
      name,
      action: action.kind,
      by: action.method.name,
      bytes: action.tensors[0]?.extent.length ?? 0,
    };
  if (action.kind !== 'take') return { name, action: action.kind };
  const by = action.from === 'base' ? 'base' : action.from === 0 ? 'ours' : 'theirs';
  return { name, action: action.kind, by };
}
