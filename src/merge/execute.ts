import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import { type Digest, parseDigest } from '../base/ids.ts';
import { inOrder } from '../base/in-order.ts';
import { oneAtATime } from '../base/one-at-a-time.ts';
import { type Table, tableOf } from '../base/table.ts';
import { digestTable } from '../store/manifest/digest-table.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import type { Recipe } from '../store/packs/records.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';
import { byteLength } from '../tensor/dtype.ts';
import { chooseLayout, type MergedTensor, mergedManifest } from './layout.ts';
import type { MethodInput, MethodTask } from './method.ts';
import type { ComputeAction } from './plan.ts';
import type { FilePlan, ResultTensor } from './plan-file.ts';
import { recipeOf } from './recipe.ts';
import { refuseEncoded } from './refuse-encoded.ts';
import { type Relations, relationColumns } from './relation-columns.ts';
import { keepsChecksums } from './renew-checksums.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { type StoredData, storedSource } from './stored-source.ts';
import { openSurvey, type TensorSurvey } from './survey.ts';
import { KEPT_BYTES, openInputs } from './tensor-inputs.ts';

/** A merged file: its manifest, and how the versions of its computed tensors relate, in the order of the plan. */
export interface MergedFile {
  readonly manifest: Manifest;
  readonly relations: Table<Relations>;
}

/** What {@link executeFile} works with. */
export interface ExecuteContext extends LongOperation {
  readonly store: TensorStore;
  readonly writer: StoreWriter;
}

/** Small tensors under way at a time: one is decoded by the store's workers while another is calculated. */
export const WIDTH = 3;
/** Larger tensors are calculated one at a time: their inputs are decoded ahead, and each takes the memory of several small ones. */
export const SMALL_BYTES = 4 * 1024 * 1024;

/**
 * Measures and computes the tensors of a plan without conflicts and gives the merged file's manifest. Results are stored as recipes, and as they are
 * where a recipe would stand on too many others; nothing is visible before the writer finishes. Errors: `MERGE_NON_FINITE`, naming all tensors with NaN or infinity and the sides that
 * have them; `MERGE_LAYOUT_UNSUPPORTED`; those of the methods and of the store.
 */
export async function executeFile(plan: FilePlan, context: ExecuteContext): Promise<MergedFile> {
  await refuseEncoded(plan.base, plan.models, context.store);
  const layout = chooseLayout(plan.base, plan.layouts, plan.tensors);
  const digests = digestTable(plan.computed.length);
  const relations = relationColumns();
  const checksums = new Map<Digest, number>();
  const wantsChecksums = layout.kind === 'as' && keepsChecksums(layout.manifest.format);
  const bad: string[] = [];
  const progress = progressOf(plan, context);
  const alone = oneAtATime();
  let place = 0;
  const start = async (action: ComputeAction): Promise<Computed> => {
    const isRecipe = await context.writer.affords(recipeFor(action));
    const work = (): Promise<Computed> => compute(action, { ...context, wantsChecksums, isRecipe });
    return !isRecipe || typeOf(action).extent.length > SMALL_BYTES ? alone(work) : work();
  };
  for await (const computed of inOrder(plan.computed, WIDTH, start)) {
    const { action, digest, isRecipe } = computed;
    relations.add(computed.survey);
    if (digest === undefined) bad.push(...nonFiniteSides(action, computed.survey, plan.sides));
    else {
      digests.set(place, digest);
      if (computed.checksum !== undefined) checksums.set(digest, computed.checksum);
      if (isRecipe) await context.writer.addRecipe(digest, recipeFor(action));
    }
    progress(action);
    place++;
  }
  if (bad.length > 0) throw nonFinite(bad, plan);
  const tensorAt = (at: number): MergedTensor => {
    const { computed, ...planned } = plan.tensors.at(at) as ResultTensor;
    return computed === undefined ? planned : { ...planned, digest: digests.at(computed) as Digest };
  };
  const content = { ...context, tensors: tableOf(plan.tensors.length, tensorAt), checksums };
  return { manifest: await mergedManifest(layout, content), relations: relations.table };
}

/** A tensor that was measured, and computed unless NaN or infinity was found. */
interface Computed {
  readonly action: ComputeAction;
  readonly survey: TensorSurvey;
  readonly digest: Digest | undefined;
  /** Its record is to be a recipe; else it has been stored as it is. */
  readonly isRecipe: boolean;
  /** CRC-32, where it is wanted. */
  readonly checksum: number | undefined;
}

/** Reads every version once: what is measured is what is merged. With NaN or infinity in it, the result is dropped. */
async function compute(
  action: ComputeAction,
  {
    store,
    writer,
    signal,
    wantsChecksums,
    isRecipe,
  }: Omit<ExecuteContext, 'onEvent'> & { readonly wantsChecksums: boolean; readonly isRecipe: boolean },
): Promise<Computed> {
  const { base } = action; // Measured against, whether the method needs it or not.
  const sources = [...action.tensors, ...(base ? [base] : [])].map(tensor =>
    storedSource(store, tensor, signal),
  );
  const statistics = statisticsOf(action).map(data => storedSource(store, data, signal));
  const models = action.tensors.length;
  const dtype = typeOf(action).dtype;
  using survey = await openSurvey({ dtype, models, hasBase: base !== undefined });
  using opened = openInputs(sources, {
    look: survey.add,
    keptBytes: action.method.isMultiPass ? KEPT_BYTES : 0,
  });
  using measuredInputs = openInputs(statistics);
  try {
    const task = taskOf(action, opened.inputs, signal);
    const slices = action.method.run(
      statistics.length > 0 ? { ...task, statistics: measuredInputs.inputs } : task,
    );
    const { extent } = typeOf(action);
    const { digest, checksum } = await identify(slices, wantsChecksums, content =>
      isRecipe ? digestOf(content) : writer.addExtent(content, extent.length, { dtype }),
    );
    await opened.finish();
    const measured = survey.result();
    const mayMerge = nonFiniteSides(action, measured).length === 0;
    return { action, survey: measured, digest: mayMerge ? digest : undefined, isRecipe, checksum };
  } finally {
    for (const source of [...sources, ...statistics]) await source[Symbol.asyncDispose]();
  }
}

/** What was measured of each model of an action. */
function statisticsOf(action: ComputeAction): readonly StoredData[] {
  const shape = action.method.statistics?.shapeFor(typeOf(action).shape) ?? [];
  const length = byteLength('F32', shape);
  return (action.statistics ?? []).map(digest => ({ dtype: 'F32', extent: { digest, length } }));
}

/** The task of an action. The inputs are the models in their order, then the base, if there is one. */
export function taskOf(
  action: ComputeAction,
  inputs: readonly MethodInput[],
  signal: AbortSignal | undefined,
): MethodTask {
  const { dtype, shape } = typeOf(action);
  return {
    dtype,
    shape,
    base: inputs[action.tensors.length],
    models: inputs.slice(0, action.tensors.length),
    parameters: action.parameters,
    sliceElements: SLICE_ELEMENTS,
    ...(signal ? { signal } : {}),
  };
}

/** The first version: all have one dtype and one shape. */
export function typeOf({ tensors }: ComputeAction): ManifestTensor {
  return (tensors as readonly [ManifestTensor, ...ManifestTensor[]])[0];
}

function recipeFor(action: ComputeAction): Recipe {
  const { dtype, shape } = typeOf(action);
  return recipeOf({
    method: action.method,
    dtype,
    shape,
    base: action.method.needsBase(action.parameters) ? action.base?.extent.digest : undefined,
    models: action.tensors.map(tensor => tensor.extent.digest),
    statistics: action.statistics,
    parameters: action.parameters,
  });
}

function nonFiniteSides(
  action: ComputeAction,
  { nonFinite: found }: TensorSurvey,
  names: readonly string[] = [],
): string[] {
  const nameOf = (model: number): string => names[model] ?? sideName(model);
  const sides = found.models.map((count, i) => ({ side: nameOf(action.models[i] ?? 0), count }));
  return [...sides, { side: 'the base', count: found.base }]
    .filter(({ count }) => count > 0)
    .map(({ side, count }) => `${action.name} (${count} in ${side})`);
}

function sideName(model: number): string {
  return model === 0 ? 'ours' : model === 1 ? 'theirs' : `theirs ${model}`;
}

function nonFinite(tensors: readonly string[], { sides }: FilePlan): MgitError {
  const more = tensors.length > 5 ? ` and ${tensors.length - 5} more` : '';
  return new MgitError(
    'MERGE_NON_FINITE',
    `NaN or infinity in tensors to be averaged: ${tensors.slice(0, 5).join(', ')}${more}`,
    {
      hint: sides
        ? 'repair those versions, or leave them out'
        : 'repair the model, or take the other side with -X take:<glob>=ours',
      details: { tensors },
    },
  );
}

async function identify(
  slices: AsyncIterable<Uint8Array>,
  wantsChecksum: boolean,
  use: (content: AsyncIterable<Uint8Array>) => Promise<Digest>,
): Promise<{ readonly digest: Digest; readonly checksum: number | undefined }> {
  let checksum = 0;
  const summed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const slice of slices) {
      checksum = crc32(slice, checksum);
      yield slice;
    }
  };
  const digest = await use(wantsChecksum ? summed() : slices);
  return { digest, checksum: wantsChecksum ? checksum : undefined };
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const slice of content) hash.update(slice);
  return parseDigest(hash.digest('hex'));
}

function progressOf({ computed }: FilePlan, { onEvent }: LongOperation): (done: ComputeAction) => void {
  const bytesOf = (action: ComputeAction): number => action.tensors[0]?.extent.length ?? 0;
  let total = 0;
  for (const action of computed) total += bytesOf(action);
  let done = 0;
  return action => {
    done += bytesOf(action);
    onEvent?.({ type: 'progress', phase: 'merge', done, total, unit: 'bytes' });
  };
}
