import { createRandom } from '../../base/random.ts';
import type { MatrixBlock, ReadBlocks } from './matrix-block.ts';
import { addMultiple, dot, orthonormalRows } from './orthonormal.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Of the matrix. */
interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * What is factorised: `rank` is a guess, `noise` the variance of each difference that is not to be explained. With `isLimit` the rank is a
 * bound, and the largest dimensions are kept.
 */
export interface FactorizeTask extends Shape {
  readonly rank: number;
  readonly noise: number;
  readonly isLimit?: boolean;
}

/** `left @ right` is about the difference; left is rows x rank, right rank x columns. */
export interface Factorization {
  readonly rank: number;
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/** Dimensions beside the guess. */
const OVERSAMPLING = 8;
/** A dimension must stand out from what noise alone would show. */
const ABOVE_NOISE = 1.5;
const SEED = 1;

/**
 * The factors of a matrix's difference from its base, D, in three passes: Y = D Omega, B = Q^T D with Q orthonormal from Y, and
 * L = D R^T with R the right singular vectors of B that stand out from noise. Factors are F32, sums F64; memory is that of the factors.
 * Undefined where nothing stands out. Source: Halko, Martinsson and Tropp 2011 (arXiv 0909.4061), with a fixed seed.
 */
export async function factorize(read: ReadBlocks, task: FactorizeTask): Promise<Factorization | undefined> {
  const { rows, columns } = task;
  const width = Math.min(task.rank + OVERSAMPLING, rows, columns);
  const basis = await project(read, gaussian(width, columns), task);
  orthonormalRows(basis, rows);
  const right = rightFactor(await combine(read, basis, task), { ...task, width });
  if (!right) return undefined;
  const rank = right.length / columns;
  const wide = Float64Array.from(right);
  const left = await project(read, undoRounding(wide, columns), task);
  return { rank, left: turned(left, rows), right };
}

/** Row k of the result is D times row k of `directions`. */
async function project(
  read: ReadBlocks,
  directions: Float64Array,
  { rows, columns }: Shape,
): Promise<Float64Array> {
  const width = directions.length / columns;
  const result = new Float64Array(width * rows);
  await eachDifference(read, (difference, row) => {
    for (let k = 0; k < width; k++)
      result[k * rows + row] = dot(difference, directions.subarray(k * columns, (k + 1) * columns));
  });
  return result;
}

/** Row k of the result is row k of `basis` times D. */
async function combine(
  read: ReadBlocks,
  basis: Float64Array,
  { rows, columns }: Shape,
): Promise<Float64Array> {
  const width = basis.length / rows;
  const result = new Float64Array(width * columns);
  await eachDifference(read, (difference, row) => {
    for (let k = 0; k < width; k++)
      addMultiple(result.subarray(k * columns, (k + 1) * columns), difference, basis[k * rows + row] ?? 0);
  });
  return result;
}

async function eachDifference(
  read: ReadBlocks,
  visit: (difference: Float64Array, row: number) => void,
): Promise<void> {
  for await (const block of read())
    for (let row = 0; row < block.rows; row++) visit(differenceOf(block, row), block.firstRow + row);
}

function differenceOf({ tuned, base, columns }: MatrixBlock, row: number): Float64Array {
  const difference = new Float64Array(columns);
  for (let at = 0; at < columns; at++)
    difference[at] = (tuned[row * columns + at] ?? 0) - (base[row * columns + at] ?? 0);
  return difference;
}

/** The right singular vectors of B that stand out, from the eigenvectors of B B^T. */
function rightFactor(
  b: Float64Array,
  { columns, width, noise, rank, isLimit }: FactorizeTask & { readonly width: number },
): Float32Array | undefined {
  const rowAt = (row: number): Float64Array => b.subarray(row * columns, (row + 1) * columns);
  const gram = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) gram[i * width + j] = dot(rowAt(i), rowAt(j));
  const least = (ABOVE_NOISE * (Math.sqrt(columns) + Math.sqrt(width))) ** 2 * noise;
  const found = symmetricEigen(gram, width).filter(({ value }) => value > least);
  const kept = isLimit ? found.slice(0, rank) : found;
  if (kept.length === 0) return undefined;
  const right = new Float64Array(kept.length * columns);
  kept.forEach(({ vector }, k) => {
    const target = right.subarray(k * columns, (k + 1) * columns);
    vector.forEach((weight, row) => void addMultiple(target, rowAt(row), weight));
  });
  orthonormalRows(right, columns);
  return Float32Array.from(right);
}

/** Rounding to F32 left R a little less than orthonormal: (2 I - R R^T) R instead of R gives the exact coefficients, to second order. */
function undoRounding(right: Float64Array, columns: number): Float64Array {
  const rank = right.length / columns;
  const rowAt = (row: number): Float64Array => right.subarray(row * columns, (row + 1) * columns);
  const result = new Float64Array(right.length);
  for (let k = 0; k < rank; k++)
    for (let other = 0; other < rank; other++) {
      const target = result.subarray(k * columns, (k + 1) * columns);
      addMultiple(target, rowAt(other), (k === other ? 2 : 0) - dot(rowAt(k), rowAt(other)));
    }
  return result;
}

function gaussian(width: number, columns: number): Float64Array {
  const random = createRandom(SEED, 'low-rank');
  return Float64Array.from({ length: width * columns }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
    return radius * Math.cos(2 * Math.PI * random.unit());
  });
}

/** From rank rows to rank columns, as F32. */
function turned(values: Float64Array, rows: number): Float32Array {
  const rank = values.length / rows;
  return Float32Array.from(
    { length: values.length },
    (_, at) => values[(at % rank) * rows + Math.floor(at / rank)] ?? 0,
  );
}
