import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import { type ExpectedCost, expectedCost } from '../../merge/expected-cost.ts';
import { expectedSeconds, type TimedTensor } from '../../merge/expected-time.ts';
import type { ComputeAction, TensorAction } from '../../merge/plan.ts';
import type { ManifestTensor } from '../../store/manifest/manifest.ts';
import { blockOf } from '../diff/block-summaries.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import type { FileConflict } from './file-conflict.ts';
import { type RecipeText, readRepositoryRecipe, recipeSituation, withRecipe } from './merge-recipe.ts';
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
  /** With the seconds that computing takes here, roughly, besides reading. */
  readonly cost: ExpectedCost & { readonly seconds: number };
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
  request: MergeRequest & { readonly recipe?: Omit<RecipeText, 'given'> | undefined },
  operation: LongOperation = {},
): Promise<MergePreview> {
  const { situation, merged } = await plannedMerge(repository, request, operation);
  const { target, revisions, isFastForward, bases } = situation;
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
    models: merged ? await modelPreviews([...merged.models, ...conflictedModels(merged)]) : [],
    conflicts: merged?.conflicts.map(({ conflict }) => conflict) ?? [],
  };
}

async function plannedMerge(
  repository: Repository,
  { recipe, ...request }: Parameters<typeof previewMerge>[1],
  operation: LongOperation,
): Promise<{ readonly situation: MergeSituation; readonly merged: MergedPaths | undefined }> {
  if (!recipe) {
    const situation = await readSituation(repository, request);
    const isAhead = situation.revisions.length > 0;
    return { situation, merged: isAhead ? await mergePaths(repository, situation, operation) : undefined };
  }
  const read = await readRepositoryRecipe(repository, { ...recipe, given: request.given }, operation);
  const situation = await recipeSituation(repository, read, request.into);
  const merged = await mergePaths(repository, situation, operation);
  return { situation, merged: await withRecipe(repository, merged, read) };
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

type Planned = Actions | MergedPaths['models'][number];

/** One after the other: times are taken. */
async function modelPreviews(models: readonly Planned[]): Promise<readonly ModelPreview[]> {
  const previews: ModelPreview[] = [];
  for (const model of models) previews.push(await modelPreview(model));
  return previews;
}

async function modelPreview(model: Planned): Promise<ModelPreview> {
  const actions = 'plan' in model ? model.plan.actions : model.actions;
  const computed = actions.filter(action => action.kind === 'compute');
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
    cost: { ...expectedCost(computed), seconds: await expectedSeconds(computed.map(timedTensor)) },
  };
}

function timedTensor({ method, parameters, tensors, base }: ComputeAction): TimedTensor {
  const [first] = tensors as readonly [ManifestTensor, ...ManifestTensor[]];
  const { dtype, shape } = first;
  return { method, parameters, dtype, shape, models: tensors.length, hasBase: base !== undefined };
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
