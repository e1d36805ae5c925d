import { MgitError } from '../../base/errors.ts';
import { type Table, tableOf } from '../../base/table.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../checkpoint.ts';
import { type HeaderTensor, namingTensor, tensorError } from './header.ts';
import type { HeaderTable } from './header-table.ts';
import { type LocatedHeader, truncated } from './read-header.ts';

/**
 * The layout of a file of `size` bytes with this header: one skeleton extent for the header, one tensor extent for each tensor, in
 * the order of their offsets. Tensors without elements share an empty extent at their offset. Errors: `SAFETENSORS_TENSOR_INVALID`
 * (length and shape disagree, overlap, gap), `DTYPE_MISALIGNED`, `SHAPE_TOO_LARGE`, `SAFETENSORS_TRUNCATED`, `SAFETENSORS_TRAILING_BYTES`.
 */
export function layoutOf(header: LocatedHeader, size: number): CheckpointLayout {
  const ordered = inFileOrder(header.tensors);
  const dataLength = checkContiguous(ordered);
  checkSize(header.dataOffset + dataLength, size);
  return {
    format: 'safetensors',
    size,
    extents: extentsOf(ordered, header.dataOffset),
    tensors: tableOf(ordered.length, position =>
      viewOf(ordered.at(position) as HeaderTensor, header.dataOffset),
    ),
  };
}

/** By begin, then end; headers nearly always list tensors so. */
function inFileOrder(tensors: HeaderTable): HeaderTable {
  const { begins, ends } = tensors;
  const compare = (left: number, right: number): number =>
    (begins[left] as number) - (begins[right] as number) || (ends[left] as number) - (ends[right] as number);
  if (begins.every((_, at) => at === 0 || compare(at - 1, at) <= 0)) return tensors;
  const order = Uint32Array.from(begins, (_, position) => position).sort(compare);
  return {
    ...tableOf(order.length, position => tensors.at(order[position] as number) as HeaderTensor),
    begins: Float64Array.from(order, position => begins[position] as number),
    ends: Float64Array.from(order, position => ends[position] as number),
  };
}

/** Checks each tensor alone and that the data has neither holes nor overlaps; returns its length in bytes. */
function checkContiguous(ordered: Table<HeaderTensor>): number {
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

/** The data of the tensors follow each other, so where each begins says all. */
function extentsOf({ begins, ends }: HeaderTable, dataOffset: number): Table<ExtentSpan> {
  const starts = new Float64Array(begins.length + 1);
  let [count, dataLength, emptyAt] = [0, 0, -1];
  for (const [at, begin] of begins.entries()) {
    const end = ends[at] as number;
    if (begin === end && emptyAt === begin) continue;
    if (begin === end) emptyAt = begin;
    starts[count++] = begin;
    dataLength = end;
  }
  starts[count] = dataLength;
  return tableOf(count + 1, position => {
    if (position === 0) return { role: 'skeleton', offset: 0, length: dataOffset };
    const start = starts[position - 1] as number;
    return { role: 'tensor', offset: dataOffset + start, length: (starts[position] as number) - start };
  });
}

function viewOf({ name, dtype, shape, begin }: HeaderTensor, dataOffset: number): TensorView {
  return { name, dtype, shape, offset: dataOffset + begin, byteOrder: 'little' };
}
