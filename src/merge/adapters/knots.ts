import { combine, leftVectors, rightGram } from './decompose-product.ts';
import { concatenated, type Product } from './product.ts';

/** How aligned changes are merged. */
export interface KnotsSettings {
  readonly weights: readonly number[];
  /** Share of the elements of each model's aligned change that stay. */
  readonly density: number;
  readonly lambda: number;
}

/**
 * KnOTS with TIES: the singular value decomposition of all changes side by side, [D1 .. Dn] = U S [V1 .. Vn], gives them directions in
 * common; the Vi are trimmed, elect signs and are averaged where they agree, and U S times that is the merged change. Only factors are
 * ever made. Source: Stoica et al. 2024, Model merging with SVD to tie the KnOTS, https://arxiv.org/abs/2410.19735
 */
export function knots(products: readonly Product[], { weights, density, lambda }: KnotsSettings): Product {
  const all = concatenated(products, weights);
  const { rows, columns } = all;
  const { vectors, values, coefficients } = leftVectors(all, blockGram(products));
  const rank = values.length;
  const aligned = products.map((product, index) => {
    const start = products.slice(0, index).reduce((sum, { rank: own }) => sum + own, 0);
    const right = new Float64Array(rank * columns);
    for (let k = 0; k < rank; k++) {
      const own = coefficients.subarray(k * all.rank + start, k * all.rank + start + product.rank);
      combine(right.subarray(k * columns, (k + 1) * columns), product, own, 1 / (values[k] ?? 1));
    }
    return trimmed(right, density);
  });
  const left = Float64Array.from(
    { length: rows * rank },
    (_, at) => (values[at % rank] ?? 0) * (vectors[(at % rank) * rows + Math.floor(at / rank)] ?? 0),
  );
  return { rows, columns, rank, left, right: elected(aligned).map(value => lambda * value) };
}

/** Of changes side by side, rows of different changes have nothing in common. */
function blockGram(products: readonly Product[]): Float64Array {
  const rank = products.reduce((sum, product) => sum + product.rank, 0);
  const gram = new Float64Array(rank * rank);
  let start = 0;
  for (const product of products) {
    const own = rightGram(product);
    for (let i = 0; i < product.rank; i++)
      for (let j = 0; j < product.rank; j++)
        gram[(start + i) * rank + start + j] = own[i * product.rank + j] ?? 0;
    start += product.rank;
  }
  return gram;
}

/** The largest elements; of equal ones the first. */
function trimmed(values: Float64Array, density: number): Float64Array {
  const count = Math.trunc(density * values.length);
  if (count >= values.length) return values;
  const order = Array.from(values.keys()).sort(
    (a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0) || a - b,
  );
  const result = new Float64Array(values.length);
  for (const at of order.slice(0, count)) result[at] = values[at] ?? 0;
  return result;
}

/** The mean of those that have the sign of the sum and are not 0. */
function elected(changes: readonly Float64Array[]): Float64Array {
  return Float64Array.from(changes[0] ?? [], (_, at) => {
    const values = changes.map(change => change[at] ?? 0);
    const sign = Math.sign(values.reduce((sum, value) => sum + value, 0));
    const agreeing = values.filter(value => value !== 0 && Math.sign(value) === sign);
    return agreeing.length === 0 ? 0 : agreeing.reduce((sum, value) => sum + value, 0) / agreeing.length;
  });
}
