import type { FileSystem } from '../../base/ports/file-system.ts';
import { type OpenModel, type OpenTensor, openModel } from '../../formats/open-model.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import { sameShape } from '../graph/shapes.ts';
import { isFloatDtype, widenElements } from './elements.ts';

/** How one tensor of a repeated run compares with the recorded one. */
export interface TensorComparison {
  readonly name: string;
  readonly identical: boolean;
  /** Norm of the difference over the norm of the recorded tensor; undefined where it is not defined (shape, dtype, integers). */
  readonly relativeL2: number | undefined;
}

/** How two model files compare. */
export interface ModelComparison {
  /** Byte for byte, headers included. */
  readonly identical: boolean;
  /** All tensors of both files, in the order of their names. */
  readonly tensors: readonly TensorComparison[];
}

const SLICE_BYTES = 4 << 20;

/** Compares a model, single or sharded, with the recorded one, slice by slice. */
export async function compareModels(
  fs: FileSystem,
  path: string,
  recordedPath: string,
): Promise<ModelComparison> {
  await using repeated = await openModel(fs, path);
  await using recorded = await openModel(fs, recordedPath);
  const kernels = await loadKernels();
  const names = [...new Set([...repeated.tensors.keys(), ...recorded.tensors.keys()])].sort();
  const tensors: TensorComparison[] = [];
  for (const name of names) tensors.push(await compareTensor(name, { repeated, recorded, kernels }));
  const isSame = tensors.every(tensor => tensor.identical);
  return { identical: isSame && (await skeletonOf(repeated)) === (await skeletonOf(recorded)), tensors };
}

/** What is not a tensor's data, and the names of shards. Skeleton bytes are headers: small, so they are compared as text. */
async function skeletonOf({ files }: OpenModel): Promise<string> {
  const parts: string[] = [];
  for (const { name, source, layout } of files) {
    if (files.length > 1) parts.push(name);
    for (const extent of layout.extents)
      if (extent.role === 'skeleton')
        parts.push(Buffer.from(await source.read(extent.offset, extent.length)).toString('latin1'));
  }
  return parts.join('\0');
}

interface Models {
  readonly repeated: OpenModel;
  readonly recorded: OpenModel;
  readonly kernels: Kernels;
}

async function compareTensor(name: string, models: Models): Promise<TensorComparison> {
  const [repeated, recorded] = [models.repeated.tensors.get(name), models.recorded.tensors.get(name)];
  if (!repeated || !recorded || !haveSameForm(repeated, recorded))
    return { name, identical: false, relativeL2: undefined };
  const [left, right] = [repeated.view, recorded.view];
  let [difference, norm, identical] = [0, 0, true];
  for (let offset = 0; offset < byteLength(left.dtype, left.shape); offset += SLICE_BYTES) {
    const length = Math.min(SLICE_BYTES, byteLength(left.dtype, left.shape) - offset);
    const a = await repeated.file.source.read(left.offset + offset, length);
    const b = await recorded.file.source.read(right.offset + offset, length);
    identical &&= Buffer.compare(a, b) === 0;
    if (!isFloatDtype(left.dtype)) continue;
    const sums = squares(widenElements(a, left, models.kernels), widenElements(b, right, models.kernels));
    difference += sums.difference;
    norm += sums.norm;
  }
  return {
    name,
    identical,
    relativeL2: relative(identical, { difference, norm, float: isFloatDtype(left.dtype) }),
  };
}

function haveSameForm({ view: left }: OpenTensor, { view: right }: OpenTensor): boolean {
  return left.dtype === right.dtype && sameShape(left.shape, right.shape);
}

function relative(
  identical: boolean,
  sums: { readonly difference: number; readonly norm: number; readonly float: boolean },
): number | undefined {
  if (identical) return 0;
  return sums.float && sums.norm > 0 ? Math.sqrt(sums.difference / sums.norm) : undefined;
}

function squares(
  values: Float32Array,
  recorded: Float32Array,
): { readonly difference: number; readonly norm: number } {
  let [difference, norm] = [0, 0];
  for (const [index, right] of recorded.entries()) {
    difference += ((values[index] ?? 0) - right) ** 2;
    norm += right ** 2;
  }
  return { difference, norm };
}
