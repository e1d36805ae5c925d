import type { PredictedDtype } from '../prediction.ts';
import type { MatrixBlock } from './matrix-block.ts';
import { roundingVariance } from './rounding-noise.ts';

/** How a sample of rows seems to follow from its base. `noise` is the variance of rounding, per element. */
export type SampleStructure =
  | { readonly type: 'low-rank'; readonly rank: number; readonly noise: number }
  | { readonly type: 'scaling'; readonly axis: 'rows' | 'columns' };

/** The change must stand out from rounding by this much energy, or coding the differences is as good. */
const SIGNAL = 12;
/** What a structure leaves may be this much more than rounding: the sample's own noise is in what it is measured against. */
const REMAINDER = 4;
/** Of the sampled rows: a structure of more is none. */
const RANK_SHARE = 0.4;

/**
 * Looks at the first rows for a constant ratio along an axis, or differences of few dimensions, up to rounding. Cheap: `rowsAtMost`
 * squared times a rank. Undefined for dense changes, changes as small as rounding, NaN and infinity.
 */
export function sampleStructure(
  block: MatrixBlock,
  { dtype, rowsAtMost }: { readonly dtype: PredictedDtype; readonly rowsAtMost: number },
): SampleStructure | undefined {
  const sample = takeSample(block, rowsAtMost);
  const { tuned, base, rows, columns } = sample;
  const noise = tuned.reduce((sum, value) => sum + roundingVariance(value, dtype), 0);
  const difference = tuned.map((value, at) => value - (base[at] ?? 0));
  const energy = sumOfSquares(difference);
  if (!Number.isFinite(energy) || !(energy > SIGNAL * noise)) return undefined;
  for (const axis of ['rows', 'columns'] as const)
    if (unexplainedByScaling(sample, axis) <= REMAINDER * noise) return { type: 'scaling', axis };
  const rank = rankOf(difference, { rows, columns, noise });
  return rank === undefined ? undefined : { type: 'low-rank', rank, noise: noise / tuned.length };
}

interface Sample {
  readonly rows: number;
  readonly columns: number;
  readonly tuned: Float64Array;
  readonly base: Float64Array;
}

/** Rows at even distances, and of each as many numbers at even distances. */
function takeSample(block: MatrixBlock, atMost: number): Sample {
  const rows = Math.min(block.rows, atMost);
  const columns = Math.min(block.columns, atMost);
  const pick = (from: Float32Array): Float64Array =>
    Float64Array.from({ length: rows * columns }, (_, at) => {
      const row = Math.floor((Math.floor(at / columns) * block.rows) / rows);
      const column = Math.floor(((at % columns) * block.columns) / columns);
      return from[row * block.columns + column] ?? 0;
    });
  return { rows, columns, tuned: pick(block.tuned), base: pick(block.base) };
}

/** The energy that is left when every line of the base is multiplied by the factor that fits best. */
function unexplainedByScaling({ tuned, base, rows, columns }: Sample, axis: 'rows' | 'columns'): number {
  const [outer, inner] = axis === 'rows' ? [rows, columns] : [columns, rows];
  const [step, stride] = axis === 'rows' ? [columns, 1] : [1, columns];
  let total = 0;
  for (let line = 0; line < outer; line++) {
    const [from, to] = [line * step, line * step + inner * stride];
    let [product, square] = [0, 0];
    for (let at = from; at < to; at += stride) {
      product += (base[at] as number) * (tuned[at] as number);
      square += (base[at] as number) ** 2;
    }
    const factor = square === 0 ? 1 : product / square;
    for (let at = from; at < to; at += stride)
      total += ((tuned[at] as number) - factor * (base[at] as number)) ** 2;
  }
  return total;
}

/** The dimensions that hold all of the rows but noise, by Gram-Schmidt, the longest remainder first. */
function rankOf(
  matrix: Float64Array,
  { rows, columns, noise }: { readonly rows: number; readonly columns: number; readonly noise: number },
): number | undefined {
  const left = Array.from({ length: rows }, (_, row) => matrix.slice(row * columns, (row + 1) * columns));
  const squares = Float64Array.from(left, sumOfSquares);
  for (let rank = 1; rank <= Math.min(rows, columns) * RANK_SHARE; rank++) {
    takeAwayLongest(left, squares);
    const share = (1 - rank / rows) * (1 - rank / columns);
    const energy = squares.reduce((sum, square) => sum + square, 0);
    if (energy <= REMAINDER * noise * share) return rank;
  }
  return undefined;
}

function takeAwayLongest(rows: readonly Float64Array[], squares: Float64Array): void {
  const most = Math.max(...squares);
  const length = Math.sqrt(most);
  const direction = rows[squares.indexOf(most)]?.map(value => value / length);
  if (!direction || most === 0) return;
  for (const [at, row] of rows.entries()) squares[at] = subtractProjection(row, direction);
}

/** Returns the energy of what is left. */
function subtractProjection(row: Float64Array, direction: Float64Array): number {
  let along = 0;
  for (let at = 0; at < row.length; at++) along += (row[at] as number) * (direction[at] as number);
  let square = 0;
  for (let at = 0; at < row.length; at++) {
    const left = (row[at] as number) - along * (direction[at] as number);
    row[at] = left;
    square += left * left;
  }
  return square;
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] ?? 0) ** 2;
  return sum;
}
