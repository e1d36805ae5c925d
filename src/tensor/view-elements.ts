import { MgitError } from '../base/errors.ts';
import { bitsOf, byteLength, elementCount } from './dtype.ts';
import { isDense, type ViewGeometry, viewSpan } from './view-span.ts';

/** A tensor as a view on bytes of either order. */
export interface NamedView extends ViewGeometry {
  readonly name: string;
  readonly byteOrder: 'little' | 'big';
}

/** A view whose elements lie apart is put in order in memory: up to this many bytes, and to as many in order, where elements are repeated. */
const MOST_GATHERED = 512 * 1024 * 1024;
/** Bytes that are put in order at a time: rows may be of one element, and a small file may have many of them. */
const GATHERED_AT_ONCE = 64 * 1024;

/**
 * The elements of a tensor, row-major and little-endian, from the bytes from its first to its last element. Dense ones stream; of
 * others the whole span is held. Errors: `TENSOR_TOO_LARGE` for a span beyond 512 MiB of a tensor that is not dense.
 */
export async function* elementsOf(
  tensor: NamedView,
  span: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const dense = isDense(tensor) ? span : gathered(tensor, span);
  const elementBytes = bitsOf(tensor.dtype) / (tensor.dtype === 'C64' ? 16 : 8);
  yield* tensor.byteOrder === 'big' && elementBytes > 1 ? swapped(dense, elementBytes) : dense;
}

async function* gathered(tensor: NamedView, span: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (Math.max(viewSpan(tensor), byteLength(tensor.dtype, tensor.shape)) > MOST_GATHERED)
    throw new MgitError('TENSOR_TOO_LARGE', `${tensor.name} is not dense, and too large to be put in order`);
  const parts: Uint8Array[] = [];
  for await (const slice of span) parts.push(slice);
  const bytes = Buffer.concat(parts);
  const elementBytes = bitsOf(tensor.dtype) / 8;
  const columns = tensor.shape.at(-1) ?? 1;
  const rows = elementCount(tensor.shape) / columns;
  const atOnce = Math.max(1, Math.floor(GATHERED_AT_ONCE / (columns * elementBytes)));
  for (let from = 0; from < rows; from += atOnce)
    yield rowsOf(tensor, bytes, { from, to: Math.min(from + atOnce, rows) });
}

/** The elements of some rows, in order. */
function rowsOf(
  { dtype, shape, strides = [] }: NamedView,
  bytes: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
): Buffer {
  const elementBytes = bitsOf(dtype) / 8;
  const columns = shape.at(-1) ?? 1;
  const step = (strides.at(-1) ?? 1) * elementBytes;
  const block = Buffer.allocUnsafe((to - from) * columns * elementBytes);
  let at = 0;
  for (let row = from; row < to; row++) {
    const start = rowStart(shape, strides, row) * elementBytes;
    for (let column = 0; column < columns; column++, at += elementBytes)
      bytes.copy(block, at, start + column * step, start + column * step + elementBytes);
  }
  return block;
}

/** Where a row (a line along the last axis, counted row-major) begins, in elements. */
function rowStart(shape: readonly number[], strides: readonly number[], row: number): number {
  let start = 0;
  let rest = row;
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    const dimension = shape[axis] ?? 1;
    start += (rest % dimension) * (strides[axis] ?? 0);
    rest = Math.floor(rest / dimension);
  }
  return start;
}

/** Slices may end within an element: its beginning waits for the rest. */
async function* swapped(slices: AsyncIterable<Uint8Array>, elementBytes: number): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const slice of slices) {
    const bytes = Buffer.concat([rest, slice]);
    const whole = bytes.length - (bytes.length % elementBytes);
    rest = bytes.subarray(whole);
    const done = bytes.subarray(0, whole);
    if (elementBytes === 2) done.swap16();
    else if (elementBytes === 4) done.swap32();
    else done.swap64();
    if (whole > 0) yield done;
  }
}
