import { type Regression, solveRows } from '../statistics/regression.ts';

/** Rows of two embeddings for the same tokens. */
export interface SharedRows {
  /** tokens x inputs, row by row. */
  readonly from: Float32Array;
  /** tokens x outputs. */
  readonly to: Float32Array;
  readonly tokens: number;
}

/** A map from one embedding to another: outputs x (inputs + 1), the last column being what is added. */
export interface EmbeddingMap {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
}

/** Of the mean square of the inputs, added to each: what keeps the map small where few tokens are shared. */
const RIDGE = 1e-3;

/**
 * The affine map that brings rows of one embedding nearest to those of another for tokens that both have: ridge regression in F64, token by
 * token in their order. Errors: `MERGE_SINGULAR`.
 */
export function fitEmbeddings({ from, to, tokens }: SharedRows): EmbeddingMap {
  const [inputs, outputs] = [from.length / tokens, to.length / tokens];
  const columns = inputs + 1;
  const left = new Float64Array(columns * columns);
  const right = new Float64Array(outputs * columns);
  const own = new Float64Array(columns).fill(1); // The last stays: what is added.
  for (let token = 0; token < tokens; token++) {
    own.set(from.subarray(token * inputs, (token + 1) * inputs));
    for (let i = 0; i < columns; i++) addScaled(left, i * columns, own, own[i] as number);
    for (let j = 0; j < outputs; j++) addScaled(right, j * columns, own, to[token * outputs + j] as number);
  }
  let squares = 0;
  for (let i = 0; i < inputs; i++) squares += left[i * columns + i] as number;
  const ridge = (RIDGE * squares) / inputs || RIDGE;
  for (let i = 0; i < inputs; i++) left[i * columns + i] = (left[i * columns + i] as number) + ridge;
  const regression: Regression = { rows: outputs, columns, left, right };
  solveRows(regression);
  return { inputs, outputs, weights: right };
}

function addScaled(target: Float64Array, start: number, values: Float64Array, factor: number): void {
  for (let at = 0; at < values.length; at++)
    target[start + at] = (target[start + at] as number) + factor * (values[at] as number);
}

/** A row of the other embedding. */
export function mapped({ inputs, outputs, weights }: EmbeddingMap, row: Float32Array): Float32Array {
  const result = new Float32Array(outputs);
  for (let j = 0; j < outputs; j++) {
    const start = j * (inputs + 1);
    let sum = weights[start + inputs] as number;
    for (let i = 0; i < inputs; i++) sum += (weights[start + i] as number) * (row[i] as number);
    result[j] = sum;
  }
  return result;
}
