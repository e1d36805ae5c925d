import { MgitError } from '../base/errors.ts';
import { bitsOf, elementCount } from '../tensor/dtype.ts';
import { BLOCK_ELEMENTS } from './groups.ts';
import type { MethodInput, MethodTask } from './method.ts';

/** Elements that a method works on at a time: few enough for its registers to stay in a core's cache. */
export const SLICE_ELEMENTS = 64 * 1024;

/** A run of elements of a tensor: what a method works on at a time. */
export interface Slice {
  readonly start: number;
  readonly count: number;
}

/** Cuts a tensor in slices of at most `task.sliceElements`; none reaches across `boundary` (in elements). */
export function* slicesOf(task: MethodTask, boundary = 0): Iterable<Slice> {
  const total = elementCount(task.shape);
  let start = 0;
  while (start < total) {
    task.signal?.throwIfAborted();
    const end = start < boundary ? boundary : total;
    const count = Math.min(task.sliceElements, end - start);
    yield { start, count };
    start += count;
  }
}

/** Elements of the slices that {@link blockSlices} gives at most. */
export function blockSliceElements(task: MethodTask): number {
  return Math.ceil(task.sliceElements / BLOCK_ELEMENTS) * BLOCK_ELEMENTS;
}

/** Cuts a band, or all of a tensor, in slices of whole blocks: for passes that take sums, whose blocks no slice may split. */
export function* blockSlices(
  task: MethodTask,
  band: Slice = { start: 0, count: elementCount(task.shape) },
): Iterable<Slice> {
  const step = blockSliceElements(task);
  for (let done = 0; done < band.count; done += step) {
    task.signal?.throwIfAborted();
    yield { start: band.start + done, count: Math.min(step, band.count - done) };
  }
}

/** Reads one slice of an input. Errors: `EXTENT_CORRUPT` when the input is shorter than its tensor. */
export async function readSlice(task: MethodTask, input: MethodInput, slice: Slice): Promise<Uint8Array> {
  const size = bitsOf(task.dtype) / 8;
  const bytes = await input.read(slice.start * size, slice.count * size);
  if (bytes.length !== slice.count * size)
    throw new MgitError('EXTENT_CORRUPT', `an input of a merge ends after ${bytes.length} bytes of a slice`);
  return bytes;
}

/** Reads one slice of every model, in their order. */
export function readModels(task: MethodTask, slice: Slice): Promise<Uint8Array[]> {
  return Promise.all(task.models.map(model => readSlice(task, model, slice)));
}
