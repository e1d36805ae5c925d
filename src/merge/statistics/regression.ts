import { MgitError } from '../../base/errors.ts';

/** The normal equations of a regression for each row of a matrix: (row) left = right, in F64, row by row. */
export interface Regression {
  readonly rows: number;
  readonly columns: number;
  /** columns x columns, symmetric; {@link solveRows} takes it apart in place. */
  readonly left: Float64Array;
  /** rows x columns; {@link solveRows} makes it the solution. */
  readonly right: Float64Array;
}

/** Reads a model's mean products of inputs, columns x columns. */
export type ReadGram = () => Promise<Float32Array>;

/** What is added to every square of an input: `ridge` times the mean of the squares of all inputs, by the models' weights. */
export async function centreOf(
  grams: readonly ReadGram[],
  {
    columns,
    weights,
    ridge,
  }: { readonly columns: number; readonly weights: readonly number[]; readonly ridge: number },
): Promise<number> {
  let sum = 0;
  for (const [model, read] of grams.entries()) {
    const gram = await read();
    let trace = 0;
    for (let at = 0; at < columns; at++) trace += gram[at * columns + at] ?? 0;
    sum += (weights[model] ?? 0) * trace;
  }
  return (ridge * sum) / columns || ridge; // Inputs that are all 0 leave the average.
}

/** One model of a regression. */
export interface RegressedModel {
  readonly gram: Float32Array;
  /** rows x columns */
  readonly matrix: Float64Array;
  readonly weight: number;
  readonly centre: number;
  /** Factor of the products of different inputs. */
  readonly alpha: number;
}

/** Adds a model: `left` += weight G and `right` += weight (matrix G), G being its products, scaled and with `centre` on the diagonal. */
export function addGram({ rows, columns, left, right }: Regression, model: RegressedModel): void {
  const { gram, matrix, weight, centre, alpha } = model;
  const scaled = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    for (let j = 0; j < columns; j++) {
      const value = gram[k * columns + j] ?? 0;
      scaled[j] = weight * (j === k ? value + centre : alpha * value);
    }
    for (let j = 0; j < columns; j++)
      left[k * columns + j] = (left[k * columns + j] as number) + (scaled[j] as number);
    for (let row = 0; row < rows; row++) {
      const factor = matrix[row * columns + k] as number;
      const start = row * columns;
      for (let j = 0; j < columns; j++)
        right[start + j] = (right[start + j] as number) + factor * (scaled[j] as number);
    }
  }
}

/** Solves by Cholesky's decomposition, one column after the other. Errors: `MERGE_SINGULAR`. Source: Golub and Van Loan, Matrix computations, 4.2. */
export function solveRows({ rows, columns, left, right }: Regression): void {
  const at = (row: number, column: number): number => left[row * columns + column] as number;
  for (let k = 0; k < columns; k++) {
    const pivot = Math.sqrt(at(k, k));
    if (!(pivot > 0 && pivot < Infinity)) throw singular();
    left[k * columns + k] = pivot;
    for (let i = k + 1; i < columns; i++) left[i * columns + k] = at(i, k) / pivot;
    for (let i = k + 1; i < columns; i++) {
      const factor = at(i, k);
      for (let j = k + 1; j <= i; j++) left[i * columns + j] = at(i, j) - factor * at(j, k);
    }
  }
  for (let row = 0; row < rows; row++)
    substitute(right.subarray(row * columns, (row + 1) * columns), { columns, at });
}

function singular(): MgitError {
  return new MgitError('MERGE_SINGULAR', 'the products of the inputs of a layer leave its weight undecided', {
    hint: 'give -X alpha=0.9 or less, or a larger -X ridge',
  });
}

interface Factor {
  readonly columns: number;
  /** The lower triangle. */
  readonly at: (row: number, column: number) => number;
}

/** Forward and back, in place. */
function substitute(values: Float64Array, { columns, at }: Factor): void {
  for (let k = 0; k < columns; k++) {
    const value = (values[k] as number) / at(k, k);
    values[k] = value;
    for (let i = k + 1; i < columns; i++) values[i] = (values[i] as number) - value * at(i, k);
  }
  for (let k = columns - 1; k >= 0; k--) {
    const value = (values[k] as number) / at(k, k);
    values[k] = value;
    for (let i = 0; i < k; i++) values[i] = (values[i] as number) - value * at(k, i);
  }
}
