import { MgitError } from '../../base/errors.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../checkpoint.ts';
import { type HeaderTensor, namingTensor, tensorError } from './header.ts';
import { type LocatedHeader, truncated } from './read-header.ts';

/**
 * The layout of a file of `size` bytes with this header: one skeleton extent for the header, one tensor extent for each tensor, in
 * the order of their offsets. Tensors without elements share an empty extent at their offset. Errors: `SAFETENSORS_TENSOR_INVALID`
 * (length and shape disagree, overlap, gap), `DTYPE_MISALIGNED`, `SHAPE_TOO_LARGE`, `SAFETENSORS_TRUNCATED`, `SAFETENSORS_TRAILING_BYTES`.
 */
export function layoutOf(header: LocatedHeader, size: number): CheckpointLayout {
  const ordered = header.tensors.toSorted((left, right) => left.begin - right.begin || left.end - right.end);
  const dataLength = checkContiguous(ordered);
  checkSize(header.dataOffset + dataLength, size);
  return {
    format: 'safetensors',
    size,
    extents: extentsOf(ordered, header.dataOffset),
    tensors: ordered.map(tensor => viewOf(tensor, header.dataOffset)),
  };
}

/** Checks each tensor alone and that the data has neither holes nor overlaps; returns its length in bytes. */
function checkContiguous(ordered: readonly HeaderTensor[]): number {
  let position = 0;
  for (const tensor of ordered) {
    checkTensor(tensor);
    if (tensor.begin < position)
      throw tensorError(tensor.name, `its data begins at ${tensor.begin}, inside that of another tensor`);
    if (tensor.begin > position)
      throw tensorError(tensor.name, `${tensor.begin - position} bytes before its data belong to no tensor`);
    position = tensor.end;
  }
  return position;
}

function checkTensor(tensor: HeaderTensor): void {
  const { name, dtype, shape, begin, end } = tensor;
  if (end < begin) throw tensorError(name, `its data ends at ${end}, before it begins at ${begin}`);
  const expected = namingTensor(name, () => byteLength(dtype, shape));
  if (end - begin !== expected)
    throw tensorError(name, `${dtype} of shape [${shape}] takes ${expected} bytes, not ${end - begin}`);
}

function checkSize(expected: number, size: number): void {
  if (expected > size) throw truncated(`the tensors need ${expected} bytes, but the file has ${size}`);
  if (expected < size)
    throw new MgitError('SAFETENSORS_TRAILING_BYTES', `${size - expected} bytes follow the last tensor`, {
      hint: 'write the file again with a safetensors library; nothing may follow the last tensor',
    });
}

function extentsOf(ordered: readonly HeaderTensor[], dataOffset: number): readonly ExtentSpan[] {
  const extents: ExtentSpan[] = [{ role: 'skeleton', offset: 0, length: dataOffset }];
  let emptyAt = -1;
  for (const { begin, end } of ordered) {
    if (begin === end && emptyAt === begin) continue;
    if (begin === end) emptyAt = begin;
    extents.push({ role: 'tensor', offset: dataOffset + begin, length: end - begin });
  }
  return extents;
}

function viewOf({ name, dtype, shape, begin }: HeaderTensor, dataOffset: number): TensorView {
  return { name, dtype, shape, offset: dataOffset + begin, byteOrder: 'little' };
}
