import { setImmediate } from 'node:timers/promises';
import type { Kernels } from '../kernels/kernels.ts';
import { createBlocks, type Matrix } from './matrix.ts';

/** Rows whose cosine is no larger are orthogonal. */
const ORTHOGONAL = 2 ** -46;
/** Singular values of no larger share of the norm are rounding noise. */
const NOISE = 2 ** -40;
const SWEEPS_AT_MOST = 40;

/** A matrix that {@link decompose} takes apart in place, with room for the rotations. */
export interface Decomposable extends Disposable {
  /** The matrix; then, in its rows, the singular vectors of its rows' length. */
  readonly long: Matrix;
  /** Room; then, in its rows, the singular vectors of its columns' length. */
  readonly short: Matrix;
}

/** Borrows a matrix of zeros that can be taken apart; memory is that of rows x (rows + columns). Errors: `KERNEL_MEMORY`. */
export function createDecomposable(kernels: Kernels, rows: number, columns: number): Decomposable {
  const { matrices, [Symbol.dispose]: dispose } = createBlocks(kernels, rows, [columns, rows]);
  const [long, short] = matrices as [Matrix, Matrix];
  return { long, short, [Symbol.dispose]: dispose };
}

/** What {@link decompose} works with. */
export interface DecomposeContext {
  readonly kernels: Kernels;
  readonly signal?: AbortSignal | undefined;
  /** What rounding noise is measured against. Default: the matrix's Frobenius norm. */
  readonly norm?: number;
}

/** The square root of the sum of the squares of a matrix's elements. */
export function frobeniusNorm(matrix: Matrix, kernels: Kernels): number {
  return Math.sqrt(squaresOf(matrix, kernels).reduce((sum, square) => sum + square, 0));
}

/**
 * Takes a matrix of at most as many rows as columns apart, in place: it becomes the sum over i of value i times row i of `short`,
 * transposed, times row i of `long`. Values are in the order of the rows, not of their size; what is rounding noise has value 0 and a
 * row of zeros in `long`. Squares of values must be numbers of F64: values from about 1e-150 to 1e150. Rows are turned in pairs until all are orthogonal: (0, 1), (0, 2), ..., (1, 2), ..., again and again.
 * Source: Hestenes 1958, one-sided Jacobi; Demmel and Veselic 1992 on why it is accurate where the eigenvectors of A A^T are not.
 */
export async function decompose(
  { long, short }: Decomposable,
  { kernels, signal, norm = frobeniusNorm(long, kernels) }: DecomposeContext,
): Promise<Float64Array> {
  for (let row = 0; row < short.rows; row++) short.row(row).fill(0)[row] = 1;
  const edge = norm * NOISE;
  const floor = edge * edge; // Not `**`: whether that is a product depends on the engine.
  for (let sweep = 0, turned = true; sweep < SWEEPS_AT_MOST && turned; sweep++) {
    const turning: Turning = { long, kernels, squares: squaresOf(long, kernels), floor };
    turned = false;
    for (let first = 0; first < long.rows; first++) {
      signal?.throwIfAborted();
      for (let second = first + 1; second < long.rows; second++)
        turned = turn(turning, first, second) || turned;
      await setImmediate(); // Others may run, and the caller may stop it: a large matrix takes minutes.
    }
  }
  return normalize(long, squaresOf(long, kernels), floor);
}

interface Turning {
  readonly long: Matrix;
  readonly kernels: Kernels;
  /** Of the rows' lengths. */
  readonly squares: Float64Array;
  /** The least of them that counts. */
  readonly floor: number;
}

function squaresOf(long: Matrix, kernels: Kernels): Float64Array {
  return Float64Array.from({ length: long.rows }, (_, row) => product({ long, kernels }, row, row));
}

function product(
  { long, kernels }: Pick<Turning, 'long' | 'kernels'>,
  first: number,
  second: number,
): number {
  return kernels.exports.sumProductsF64(long.pointer(first), long.pointer(second), long.columns);
}

/** Makes two rows orthogonal; false when they are. The rotations stand behind the rows, and turn with them. */
function turn(turning: Turning, first: number, second: number): boolean {
  const { long, kernels, squares, floor } = turning;
  const [a, b] = [squares[first] ?? 0, squares[second] ?? 0];
  if (a <= floor || b <= floor) return false;
  const across = product(turning, first, second);
  if (!(Math.abs(across) > ORTHOGONAL * (Math.sqrt(a) * Math.sqrt(b)))) return false;
  const theta = (b - a) / (2 * across);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const count = long.columns + long.rows;
  kernels.exports.rotateF64(long.pointer(first), long.pointer(second), count, cosine, tangent * cosine);
  squares[first] = changed(a, -tangent * across) ?? product(turning, first, first);
  squares[second] = changed(b, tangent * across) ?? product(turning, second, second);
  return true;
}

/** A sum; undefined where so much cancels that it must be measured anew. */
function changed(square: number, change: number): number | undefined {
  return square + change > square / 2 ? square + change : undefined;
}

function normalize(long: Matrix, squares: Float64Array, floor: number): Float64Array {
  return squares.map((square, row) => {
    const value = square <= floor ? 0 : Math.sqrt(square);
    const elements = long.row(row);
    for (let at = 0; at < elements.length; at++) elements[at] = value === 0 ? 0 : (elements[at] ?? 0) / value;
    return value;
  });
}
