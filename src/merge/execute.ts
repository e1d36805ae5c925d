import { createHash } from 'node:crypto';
import { MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import { type Digest, parseDigest } from '../base/ids.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';
import { chooseLayout, mergedManifest } from './layout.ts';
import type { MethodTask } from './method.ts';
import type { ComputeAction } from './plan.ts';
import type { FilePlan } from './plan-file.ts';
import { recipeOf } from './recipe.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { surveyTensor, type TensorSurvey } from './survey.ts';
import { storedInput } from './tensor-input.ts';

/** Measurements of the tensors that several sides changed, by name. */
export type FileSurvey = ReadonlyMap<string, TensorSurvey>;

/**
 * Measures every tensor that will be computed. Errors: `MERGE_NON_FINITE`, naming the tensors with NaN or infinity and the sides that
 * have them, before anything is merged.
 */
export async function surveyFile(
  plan: FilePlan,
  store: TensorStore,
  operation: LongOperation = {},
): Promise<FileSurvey> {
  const survey = new Map<string, TensorSurvey>();
  const bad: string[] = [];
  const progress = progressOf('measure', plan, operation);
  for (const action of plan.computed) {
    const found = await surveyTensor(taskOf(action, store, operation));
    survey.set(action.name, found);
    bad.push(...nonFiniteSides(action, found));
    progress(action);
  }
  if (bad.length > 0) throw nonFinite(bad);
  return survey;
}

function nonFiniteSides(action: ComputeAction, { nonFinite: found }: TensorSurvey): string[] {
  const sides = found.models.map((count, i) => ({ side: sideName(action.models[i] ?? 0), count }));
  return [...sides, { side: 'the base', count: found.base }]
    .filter(({ count }) => count > 0)
    .map(({ side, count }) => `${action.name} (${count} in ${side})`);
}

function sideName(model: number): string {
  return model === 0 ? 'ours' : model === 1 ? 'theirs' : `theirs ${model}`;
}

function nonFinite(tensors: readonly string[]): MgitError {
  const more = tensors.length > 5 ? ` and ${tensors.length - 5} more` : '';
  return new MgitError(
    'MERGE_NON_FINITE',
    `NaN or infinity in tensors to be averaged: ${tensors.slice(0, 5).join(', ')}${more}`,
    { hint: 'repair the model, or take the other side with -X take:<glob>=ours', details: { tensors } },
  );
}

/**
 * Computes the tensors of a plan without conflicts and gives the merged file's manifest. Results are stored as recipes only; nothing is
 * visible before the writer finishes. Errors: `MERGE_LAYOUT_UNSUPPORTED`, those of the methods and of the store.
 */
export async function executeFile(
  plan: FilePlan,
  {
    store,
    writer,
    ...operation
  }: LongOperation & { readonly store: TensorStore; readonly writer: StoreWriter },
): Promise<Manifest> {
  const layout = chooseLayout(plan.base, plan.models, plan.tensors);
  const digests = new Map(plan.tensors.map(({ name, tensor }) => [name, tensor.extent.digest]));
  const progress = progressOf('merge', plan, operation);
  for (const action of plan.computed) {
    const digest = await digestOf(action.method.run(taskOf(action, store, operation)));
    const [first] = action.tensors as readonly [ManifestTensor, ...ManifestTensor[]];
    const recipe = recipeOf({
      method: action.method,
      dtype: first.dtype,
      shape: first.shape,
      base: action.method.needsBase ? action.base?.extent.digest : undefined,
      models: action.tensors.map(tensor => tensor.extent.digest),
      parameters: action.parameters,
    });
    await writer.addRecipe(digest, recipe);
    digests.set(action.name, digest);
    progress(action);
  }
  return mergedManifest(layout, { tensors: plan.tensors, digests, store, writer });
}

async function digestOf(slices: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const slice of slices) hash.update(slice);
  return parseDigest(hash.digest('hex'));
}

/** Reads the stored versions of a tensor. A method without a base still gets it, for measuring. */
function taskOf(action: ComputeAction, store: TensorStore, { signal }: LongOperation): MethodTask {
  const input = ({ dtype, extent }: ManifestTensor) =>
    storedInput(store, { digest: extent.digest, dtype, length: extent.length });
  const [first] = action.tensors as readonly [ManifestTensor, ...ManifestTensor[]];
  return {
    dtype: first.dtype,
    shape: first.shape,
    base: action.base && input(action.base),
    models: action.tensors.map(input),
    parameters: action.parameters,
    sliceElements: SLICE_ELEMENTS,
    ...(signal ? { signal } : {}),
  };
}

function progressOf(
  phase: string,
  { computed }: FilePlan,
  { onEvent }: LongOperation,
): (done: ComputeAction) => void {
  const bytesOf = (action: ComputeAction): number => action.tensors[0]?.extent.length ?? 0;
  const total = computed.reduce((sum, action) => sum + bytesOf(action), 0);
  let done = 0;
  return action => {
    done += bytesOf(action);
    onEvent?.({ type: 'progress', phase, done, total, unit: 'bytes' });
  };
}
