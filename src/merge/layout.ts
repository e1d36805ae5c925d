import { MgitError } from '../base/errors.ts';
import type { Digest } from '../base/ids.ts';
import { type Table, tableOf } from '../base/table.ts';
import { memoryByteSource } from '../formats/byte-source.ts';
import type { CheckpointLayout } from '../formats/checkpoint.ts';
import { layoutOf } from '../formats/safetensors/layout.ts';
import { readSafetensorsHeader } from '../formats/safetensors/read-header.ts';
import { writeSafetensorsHeader } from '../formats/safetensors/write-header.ts';
import type { TensorSpec } from '../formats/write/blueprint.ts';
import { digestTable } from '../store/manifest/digest-table.ts';
import { findPosition } from '../store/manifest/find-extent.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from '../store/manifest/manifest.ts';
import { manifestOf } from '../store/manifest/manifest-of.ts';
import { spanColumns } from '../store/manifest/span-columns.ts';
import { isSameButForDigest } from '../store/manifest/tensor-lines.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';
import { viewSpan } from '../tensor/view-span.ts';
import { renewChecksums } from './renew-checksums.ts';
import { isSamePlacement } from './same-placement.ts';
import { isSameShape } from './same-tensor.ts';

/** Where the tensors of the merged file lie: as in one side's file, byte for byte around the data, or in a new file. */
export type MergedLayout =
  | { readonly kind: 'as'; readonly manifest: Manifest }
  | { readonly kind: 'new'; readonly metadataOf: Manifest };

/** A tensor of the merged file; `tensor` gives its dtype and shape. */
export interface MergedTensor {
  readonly name: string;
  readonly tensor: ManifestTensor;
  /** Its data, where that is not the data of `tensor`. */
  readonly digest?: Digest;
}

/**
 * Chooses the layout: ours, unless only another side changed it; a new one where neither side's file has room for exactly the
 * merged tensors. Errors: `MERGE_LAYOUT_UNSUPPORTED` when a new file would be needed in a format that mgit does not write.
 */
export function chooseLayout(
  base: Manifest | undefined,
  models: readonly Manifest[],
  merged: Table<MergedTensor>,
): MergedLayout {
  const [ours, ...theirs] = models as readonly [Manifest, ...Manifest[]];
  const isOursOld = base !== undefined && isSameLayout(base, ours);
  const movedTheirs = base ? theirs.filter(manifest => !isSameLayout(base, manifest)) : theirs;
  const preferred = isOursOld ? [...movedTheirs, ours] : [ours, ...movedTheirs];
  const manifest = preferred.find(candidate => hasRoomFor(candidate, merged));
  if (manifest) return { kind: 'as', manifest };
  if (ours.format === 'safetensors') return { kind: 'new', metadataOf: ours };
  throw new MgitError(
    'MERGE_LAYOUT_UNSUPPORTED',
    `tensors cannot be added to or removed from a ${ours.format} file`,
    {
      hint: 'convert the model to safetensors, or merge branches with the same tensors',
    },
  );
}

/** True when two files differ in nothing but the values of their tensors. */
function isSameLayout(left: Manifest, right: Manifest): boolean {
  return (
    left.format === right.format &&
    left.size === right.size &&
    skeletonKey(left) === skeletonKey(right) &&
    left.tensors.length === right.tensors.length &&
    everyPlace(
      left.tensors.length,
      at => isSameButForDigest(left.lineOf(at), right.lineOf(at)) || haveSamePlace(left, right, at),
    )
  );
}

function everyPlace(places: number, test: (at: number) => boolean): boolean {
  for (let at = 0; at < places; at++) if (!test(at)) return false;
  return true;
}

function haveSamePlace(left: Manifest, right: Manifest, at: number): boolean {
  const [tensor, other] = [left.tensors.at(at), right.tensors.at(at)];
  return (
    tensor !== undefined &&
    other !== undefined &&
    tensor.name === other.name &&
    tensor.offset === other.offset &&
    isSameShape(tensor, other)
  );
}

/** Equal for files that are the same around their tensors. */
export function skeletonKey(manifest: Manifest): string {
  return manifest.skeleton.map(({ offset, digest }) => `${offset}:${digest}`).join(' ');
}

function hasRoomFor(manifest: Manifest, merged: Table<MergedTensor>): boolean {
  if (manifest.tensors.length !== merged.length) return false;
  return manifest.tensors.every((tensor, i) => {
    const wanted = merged.at(i);
    return wanted !== undefined && wanted.name === tensor.name && isSameShape(wanted.tensor, tensor);
  });
}

/** What {@link mergedManifest} works on. */
export interface MergedContent {
  readonly tensors: Table<MergedTensor>;
  /** CRC-32 of data that is not in the store yet, where the layout's format keeps such. */
  readonly checksums: ReadonlyMap<Digest, number>;
  readonly store: TensorStore;
  readonly writer: StoreWriter;
}

/** The manifest of the merged file. A new header, and new checksums of an archive, are added to the writer. */
export async function mergedManifest(layout: MergedLayout, content: MergedContent): Promise<Manifest> {
  return layout.kind === 'as'
    ? renewChecksums(refilled(layout.manifest, content), layout.manifest, content)
    : newFile(layout.metadataOf, content);
}

/** The manifest has the merged tensors in their order. */
function refilled(manifest: Manifest, content: MergedContent): Manifest {
  let place = 0;
  for (const tensor of manifest.tensors) {
    const merged = content.tensors.at(place++) as MergedTensor;
    if (digestOf(merged) !== tensor.extent.digest && !isSamePlacement(merged.tensor, tensor))
      throw otherPlacement(tensor.name);
  }
  const old = (at: number): Digest => (manifest.extents.at(at) as ManifestExtent).digest;
  return manifestOf(manifest, dataDigests(manifest, content, old));
}

/** The digests of a layout's extents: of the data of its tensors, which are those merged, and of what they leave. Errors: `MERGE_LAYOUT_UNSUPPORTED`. */
function dataDigests(
  layout: CheckpointLayout,
  content: Pick<MergedContent, 'tensors'>,
  other: (at: number) => Digest,
): Table<Digest> {
  const spans = spanColumns(layout.extents);
  const digests = digestTable(layout.extents.length);
  const areSet = new Uint8Array(digests.length);
  let place = 0;
  for (const view of layout.tensors) {
    const digest = digestOf(content.tensors.at(place++) as MergedTensor);
    const at = findPosition(spans, view.offset, viewSpan(view)) as number;
    if (spans.lengths[at] === 0) continue;
    if (areSet[at] === 1 && digests.at(at) !== digest) throw sharedStorage(view.name);
    digests.set(at, digest);
    areSet[at] = 1;
  }
  for (const [at, isSet] of areSet.entries()) if (isSet === 0) digests.set(at, other(at));
  return digests;
}

function digestOf({ tensor, digest }: MergedTensor): Digest {
  return digest ?? tensor.extent.digest;
}

function otherPlacement(name: string): MgitError {
  return new MgitError(
    'MERGE_LAYOUT_UNSUPPORTED',
    `the elements of tensor ${name} lie in another order in the file that the result would have`,
    { hint: 'convert both models to safetensors with "mgit export", where all elements lie in order' },
  );
}

function sharedStorage(name: string): MgitError {
  return new MgitError(
    'MERGE_LAYOUT_UNSUPPORTED',
    `tensor ${name} shares its bytes with one that merges differently`,
    {
      hint: 'give both tensors the same rule in mgit.yaml',
    },
  );
}

async function newFile(metadataOf: Manifest, content: MergedContent): Promise<Manifest> {
  const metadata = await metadataIn(metadataOf, content.store);
  const tensors = inFileOrder(content.tensors, metadataOf);
  const specs = tableOf(tensors.length, place => specOf(tensors.at(place) as MergedTensor));
  const { bytes, size } = writeSafetensorsHeader(specs, Object.fromEntries(metadata));
  const skeleton = await content.writer.addExtent([bytes], bytes.length);
  const layout = layoutOf(await readSafetensorsHeader({ ...memoryByteSource(bytes), size }), size);
  const empty = layout.extents.some(extent => extent.length === 0)
    ? await content.writer.addExtent([], 0)
    : skeleton;
  const other = (at: number): Digest => (layout.extents.at(at)?.role === 'skeleton' ? skeleton : empty);
  return manifestOf(layout, dataDigests(layout, { ...content, tensors }, other));
}

function specOf({ name, tensor: { dtype, shape } }: MergedTensor): TensorSpec {
  return { name, dtype, shape };
}

/** Tensors of the file in their order there, then the others in the order of their names. */
function inFileOrder(tensors: Table<MergedTensor>, file: Manifest): Table<MergedTensor> {
  const offsets = Float64Array.from(tensors, ({ name }) => file.tensor(name)?.offset ?? file.size);
  const compare = (left: number, right: number): number =>
    (offsets[left] as number) - (offsets[right] as number) || left - right;
  const order = Uint32Array.from(offsets, (_, place) => place).sort(compare);
  return tableOf(order.length, at => tensors.at(order[at] as number) as MergedTensor);
}

async function metadataIn(manifest: Manifest, store: TensorStore): Promise<ReadonlyMap<string, string>> {
  const skeleton = manifest.skeleton.find(({ offset }) => offset === 0);
  if (!skeleton) return new Map();
  const slices: Uint8Array[] = [];
  for await (const slice of store.read(skeleton.digest)) slices.push(slice);
  return (await readSafetensorsHeader(memoryByteSource(Buffer.concat(slices)))).metadata;
}
