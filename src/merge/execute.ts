import { createHash } from 'node:crypto';
import { MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import { type Digest, parseDigest } from '../base/ids.ts';
import { inOrder } from '../base/in-order.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import type { Recipe } from '../store/packs/records.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';
import { chooseLayout, mergedManifest } from './layout.ts';
import type { MethodTask } from './method.ts';
import type { ComputeAction } from './plan.ts';
import type { FilePlan } from './plan-file.ts';
import { recipeOf } from './recipe.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { surveyTensor, type TensorSurvey } from './survey.ts';
import { storedInput } from './tensor-input.ts';

/** A merged file: its manifest, and what was measured of its computed tensors, by name. */
export interface MergedFile {
  readonly manifest: Manifest;
  readonly survey: ReadonlyMap<string, TensorSurvey>;
}

/** What {@link executeFile} works with. */
export interface ExecuteContext extends LongOperation {
  readonly store: TensorStore;
  readonly writer: StoreWriter;
}

/** Tensors under way at a time: one is decoded by the store's workers while another is calculated. */
const WIDTH = 2;

/**
 * Measures and computes the tensors of a plan without conflicts and gives the merged file's manifest. Results are stored as recipes
 * only; nothing is visible before the writer finishes. Errors: `MERGE_NON_FINITE`, naming all tensors with NaN or infinity and the sides that
 * have them; `MERGE_LAYOUT_UNSUPPORTED`; those of the methods and of the store.
 */
export async function executeFile(plan: FilePlan, context: ExecuteContext): Promise<MergedFile> {
  const layout = chooseLayout(plan.base, plan.models, plan.tensors);
  const digests = new Map(plan.tensors.map(({ name, tensor }) => [name, tensor.extent.digest]));
  const survey = new Map<string, TensorSurvey>();
  const bad: string[] = [];
  const progress = progressOf(plan, context);
  for await (const computed of inOrder(plan.computed, WIDTH, action => compute(action, context))) {
    const { action, digest } = computed;
    survey.set(action.name, computed.survey);
    if (digest === undefined) bad.push(...nonFiniteSides(action, computed.survey));
    else {
      digests.set(action.name, digest);
      await context.writer.addRecipe(digest, recipeFor(action));
    }
    progress(action);
  }
  if (bad.length > 0) throw nonFinite(bad);
  return { manifest: await mergedManifest(layout, { ...context, tensors: plan.tensors, digests }), survey };
}

/** A tensor that was measured, and computed unless NaN or infinity was found. */
interface Computed {
  readonly action: ComputeAction;
  readonly survey: TensorSurvey;
  readonly digest: Digest | undefined;
}

async function compute(action: ComputeAction, context: ExecuteContext): Promise<Computed> {
  const task = taskOf(action, context.store, context);
  const survey = await surveyTensor(task);
  const mayMerge = nonFiniteSides(action, survey).length === 0;
  return { action, survey, digest: mayMerge ? await digestOf(action.method.run(task)) : undefined };
}

function recipeFor(action: ComputeAction): Recipe {
  const [first] = action.tensors as readonly [ManifestTensor, ...ManifestTensor[]];
  return recipeOf({
    method: action.method,
    dtype: first.dtype,
    shape: first.shape,
    base: action.method.needsBase ? action.base?.extent.digest : undefined,
    models: action.tensors.map(tensor => tensor.extent.digest),
    parameters: action.parameters,
  });
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

function progressOf({ computed }: FilePlan, { onEvent }: LongOperation): (done: ComputeAction) => void {
  const bytesOf = (action: ComputeAction): number => action.tensors[0]?.extent.length ?? 0;
  const total = computed.reduce((sum, action) => sum + bytesOf(action), 0);
  let done = 0;
  return action => {
    done += bytesOf(action);
    onEvent?.({ type: 'progress', phase: 'merge', done, total, unit: 'bytes' });
  };
}
