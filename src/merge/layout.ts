import { MgitError } from '../base/errors.ts';
import type { Digest } from '../base/ids.ts';
import { layoutOf } from '../formats/safetensors/layout.ts';
import { readSafetensorsHeader } from '../formats/safetensors/read-header.ts';
import { writeSafetensorsHeader } from '../formats/safetensors/write-header.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import { manifestOf } from '../store/manifest/manifest-of.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';
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
}

/**
 * Chooses the layout: ours, unless only another side changed it; a new one where neither side's file has room for exactly the
 * merged tensors. Errors: `MERGE_LAYOUT_UNSUPPORTED` when a new file would be needed in a format that mgit does not write.
 */
export function chooseLayout(
  base: Manifest | undefined,
  models: readonly Manifest[],
  merged: readonly MergedTensor[],
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
    left.tensors.every((tensor, i) => {
      const other = right.tensors[i];
      return (
        other !== undefined &&
        tensor.name === other.name &&
        tensor.offset === other.offset &&
        isSameShape(tensor, other)
      );
    })
  );
}

/** Equal for files that are the same around their tensors. */
export function skeletonKey(manifest: Manifest): string {
  const skeleton = manifest.extents.filter(extent => extent.role === 'skeleton');
  return skeleton.map(extent => `${extent.offset}:${extent.digest}`).join(' ');
}

function hasRoomFor(manifest: Manifest, merged: readonly MergedTensor[]): boolean {
  if (manifest.tensors.length !== merged.length) return false;
  return manifest.tensors.every((tensor, i) => {
    const wanted = merged[i];
    return wanted !== undefined && wanted.name === tensor.name && isSameShape(wanted.tensor, tensor);
  });
}

/** What {@link mergedManifest} works on. */
export interface MergedContent {
  readonly tensors: readonly MergedTensor[];
  /** The data of each tensor by name. */
  readonly digests: ReadonlyMap<string, Digest>;
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
function refilled(manifest: Manifest, { tensors, digests }: MergedContent): Manifest {
  const byOffset = new Map<number, Digest>();
  for (const [index, place] of manifest.tensors.entries()) {
    const { name, extent } = place;
    const digest = digests.get(name) ?? extent.digest;
    if (digest !== extent.digest && !fitsInto(tensors[index], place)) throw otherPlacement(name);
    const other = extent.length > 0 ? byOffset.get(extent.offset) : undefined;
    if (other !== undefined && other !== digest) throw sharedStorage(name);
    if (extent.length > 0) byOffset.set(extent.offset, digest);
  }
  const extents = manifest.extents.map(extent =>
    extent.length > 0 ? (byOffset.get(extent.offset) ?? extent.digest) : extent.digest,
  );
  return manifestOf(manifest, extents);
}

function fitsInto(merged: MergedTensor | undefined, place: ManifestTensor): boolean {
  return merged !== undefined && isSamePlacement(merged.tensor, place);
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
  const specs = inFileOrder(content.tensors, metadataOf).map(({ name, tensor }) => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
  }));
  const header = writeSafetensorsHeader(specs, Object.fromEntries(metadata));
  const start = header.bytes.length;
  const skeleton = await content.writer.addExtent([header.bytes], start);
  const tensors = header.tensors.map(({ offset, length, ...spec }) => ({
    ...spec,
    begin: offset - start,
    end: offset - start + length,
  }));
  const layout = layoutOf({ metadata, tensors, dataOffset: start }, header.size);
  const byOffset = new Map(
    header.tensors
      .filter(({ length }) => length > 0)
      .map(({ offset, name }) => [offset, content.digests.get(name)]),
  );
  const empty = layout.extents.some(extent => extent.length === 0)
    ? await content.writer.addExtent([], 0)
    : skeleton;
  const digests = layout.extents.map(extent => {
    if (extent.role === 'skeleton') return skeleton;
    return extent.length === 0 ? empty : (byOffset.get(extent.offset) as Digest);
  });
  return manifestOf(layout, digests);
}

/** Tensors of the file in their order there, then the others in the order of their names. */
function inFileOrder(tensors: readonly MergedTensor[], file: Manifest): readonly MergedTensor[] {
  const offsets = new Map(file.tensors.map(tensor => [tensor.name, tensor.offset]));
  const place = ({ name }: MergedTensor): number => offsets.get(name) ?? file.size;
  return tensors.toSorted((left, right) => place(left) - place(right));
}

async function metadataIn(manifest: Manifest, store: TensorStore): Promise<ReadonlyMap<string, string>> {
  const skeleton = manifest.extents.find(extent => extent.role === 'skeleton' && extent.offset === 0);
  if (!skeleton) return new Map();
  const slices: Uint8Array[] = [];
  for await (const slice of store.read(skeleton.digest)) slices.push(slice);
  const bytes = Buffer.concat(slices);
  const source = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.subarray(at, at + length),
  };
  return (await readSafetensorsHeader(source)).metadata;
}
