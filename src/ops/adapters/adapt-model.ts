import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { adapterUnsupported } from '../../formats/peft/adapter-config.ts';
import type { AdapterTensor, TensorChange, TensorUpdate } from '../../formats/peft/adapter-type.ts';
import { type PlacedChange, placeChanges } from '../../formats/peft/place-changes.ts';
import { type Adapter, isPredicted } from '../../formats/peft/read-adapter.ts';
import { chooseLayout, type MergedTensor, mergedManifest } from '../../merge/layout.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import type { PredictedTensor, StoreWriter, TensorStore } from '../../store/tensor-store.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';
import { isDense } from '../../tensor/view-span.ts';
import type { StoredModel } from '../history/stored-model.ts';
import { convertSlices } from './convert-slices.ts';

/** What an adapted model is made with. */
export interface AdaptContext extends LongOperation {
  readonly store: TensorStore;
  readonly writer: StoreWriter;
}

/** The files of a model after an adapter, by their names; and how many tensors it computed and replaced. */
export interface AdaptedModel {
  readonly files: ReadonlyMap<string, Manifest>;
  readonly computed: number;
  readonly replaced: number;
}

/**
 * Applies an adapter to a stored model: computed tensors are recorded by their factors, others stored. The caller finishes the writer. A tensor keeps
 * the checkpoint's dtype; one that the checkpoint lacks (a new head) is added in the adapter's. Errors: `ADAPTER_MISMATCH`,
 * `ADAPTER_UNSUPPORTED`, those of the store.
 */
export async function adaptModel(
  model: StoredModel,
  adapter: Adapter,
  context: AdaptContext,
): Promise<AdaptedModel> {
  const places = placesOf(model);
  const changes = applicable(adapter.changes, places);
  await context.store.require(basesOf(changes, places), context);
  const changed: Changed[] = [];
  for (const [done, change] of changes.entries()) {
    context.signal?.throwIfAborted();
    context.onEvent?.({ type: 'progress', phase: 'adapt', done, total: changes.length, unit: 'items' });
    changed.push(await applyChange(change, places, context));
  }
  await adapter.checkUnchanged();
  const files = new Map<string, Manifest>();
  for (const [name, manifest] of model.files)
    files.set(
      name,
      await refill(
        manifest,
        changed.filter(({ file }) => file === name),
        context,
      ),
    );
  const computed = changes.filter(({ kind }) => kind === 'computed').length;
  return { files, computed, replaced: changes.length - computed };
}

/** Where a tensor lies. */
interface Place {
  readonly file: string;
  readonly tensor: ManifestTensor;
}

function placesOf(model: StoredModel): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const [file, manifest] of model.files) {
    if (manifest.format !== 'safetensors') throw adapterUnsupported(`a model in a ${manifest.format} file`);
    for (const tensor of manifest.tensors) places.set(tensor.name, { file, tensor });
  }
  return places;
}

/** `file`: where the tensor is, or goes. */
type FiledChange = PlacedChange & { readonly file: string };

function applicable(
  changes: readonly TensorChange[],
  places: ReadonlyMap<string, Place>,
): readonly FiledChange[] {
  const files = new Set([...places.values()].map(({ file }) => file));
  return placeChanges(changes, new Set(places.keys())).map(change => {
    const [file] = files;
    const place = places.get(change.name);
    if (place) return { ...change, file: place.file };
    if (files.size > 1 || file === undefined)
      throw adapterUnsupported(`a tensor that the sharded model does not have yet (${change.name})`);
    return { ...change, file };
  });
}

/** The extents that computed tensors are predicted from. */
function basesOf(changes: readonly FiledChange[], places: ReadonlyMap<string, Place>): readonly Digest[] {
  return changes.flatMap(({ kind, name }) => {
    const place = kind === 'computed' ? places.get(name) : undefined;
    return place ? [place.tensor.extent.digest] : [];
  });
}

/** A tensor of the adapted model. */
interface Changed extends MergedTensor {
  readonly file: string;
  readonly digest: Digest;
}

async function applyChange(
  change: FiledChange,
  places: ReadonlyMap<string, Place>,
  context: AdaptContext,
): Promise<Changed> {
  const { name, file } = change;
  const tensor = places.get(name)?.tensor;
  if (tensor) requireOwnBytes(tensor);
  if (change.kind === 'replaced') return { file, ...(await replace(change.by, { name, tensor }, context)) };
  if (!tensor) throw new Error('a computed tensor was found before');
  const { dtype, shape, extent } = tensor;
  if (!isPredicted(dtype)) throw adapterUnsupported(`weights of ${dtype} (${name})`);
  const base = { digest: extent.digest, dtype };
  const predicted = await predictedTensor(base, change.update({ dtype, shape }));
  return { file, name, tensor, digest: await context.writer.addPredicted(predicted, context) };
}

async function predictedTensor(
  base: { readonly digest: Digest; readonly dtype: PredictedDtype },
  update: TensorUpdate,
): Promise<PredictedTensor> {
  const { digest, dtype } = base;
  if (update.type === 'scaling')
    return { type: 'scaling', base: digest, dtype, vector: await update.vector.factor(), run: update.run };
  const { left, right, isTransposed, ...product } = update;
  return {
    ...product,
    base: digest,
    dtype,
    left: { ...(await left.factor()), isTransposed },
    right: { ...(await right.factor()), isTransposed },
  };
}

function requireOwnBytes(tensor: ManifestTensor): void {
  const { name, dtype, shape, offset, extent } = tensor;
  const isWhole = offset === extent.offset && extent.length === byteLength(dtype, shape);
  if (!isWhole || !isDense(tensor)) throw adapterUnsupported(`tensors that share their bytes (${name})`);
}

async function replace(
  by: AdapterTensor,
  { name, tensor }: { readonly name: string; readonly tensor: ManifestTensor | undefined },
  { writer }: AdaptContext,
): Promise<Omit<Changed, 'file'>> {
  const dtype = tensor?.dtype ?? by.dtype;
  const { shape } = by;
  const length = byteLength(dtype, shape);
  const slices = by.dtype === dtype ? by.slices() : convertSlices(by, dtype);
  const digest = await writer.addExtent(slices, length, { dtype });
  const extent = { role: 'tensor' as const, offset: 0, length, digest };
  return { name, digest, tensor: { byteOrder: 'little', offset: 0, extent, ...tensor, name, dtype, shape } };
}

async function refill(
  manifest: Manifest,
  changed: readonly Changed[],
  context: AdaptContext,
): Promise<Manifest> {
  if (changed.length === 0) return manifest;
  const byName = new Map(changed.map(change => [change.name, change]));
  const kept = manifest.tensors.map(tensor => ({ name: tensor.name, tensor }));
  const known = new Set(kept.map(({ name }) => name));
  const added = changed.filter(({ name }) => !known.has(name));
  const tensors = [...kept.map(({ name, tensor }) => byName.get(name) ?? { name, tensor }), ...added];
  const layout = chooseLayout(manifest, [manifest], tensors);
  return mergedManifest(layout, { ...context, tensors, checksums: new Map() });
}
