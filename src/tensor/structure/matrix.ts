import type { Pointer } from '../kernels/exports.ts';
import type { Kernels } from '../kernels/kernels.ts';

/** A matrix of F64 in the kernels' memory, one row after the other. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Where a row begins. */
  pointer(row: number): Pointer;
  /** A row's elements. Fetch them anew after every `borrow` and every `await`. */
  row(row: number): Float64Array;
}

/** Borrows a matrix of zeros. Errors: `KERNEL_MEMORY`. */
export function createMatrix(kernels: Kernels, rows: number, columns: number): Matrix & Disposable {
  const { matrices, [Symbol.dispose]: dispose } = createBlocks(kernels, rows, [columns]);
  return { ...(matrices[0] as Matrix), [Symbol.dispose]: dispose };
}

/** Matrices side by side: each row of one is followed by that of the next. */
export interface Blocks extends Disposable {
  readonly matrices: readonly Matrix[];
}

/** Borrows matrices of zeros with as many columns each, side by side. Errors: `KERNEL_MEMORY`. */
export function createBlocks(kernels: Kernels, rows: number, columns: readonly number[]): Blocks {
  const stride = columns.reduce((sum, count) => sum + count, 0) * 8;
  const region = kernels.borrow(rows * stride);
  region.bytes.fill(0);
  let offset = 0;
  const matrices = columns.map((count): Matrix => {
    const begin = offset;
    offset += count * 8;
    const startOf = (row: number): number => row * stride + begin;
    return {
      rows,
      columns: count,
      pointer: row => region.pointer + startOf(row),
      row: row => {
        const { buffer, byteOffset } = region.bytes;
        return new Float64Array(buffer, byteOffset + startOf(row), count);
      },
    };
  });
  return { matrices, [Symbol.dispose]: () => region[Symbol.dispose]() };
}
