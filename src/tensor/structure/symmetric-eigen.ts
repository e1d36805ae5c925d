/** An eigenvalue and its unit eigenvector. */
export interface EigenPair {
  readonly value: number;
  readonly vector: Float64Array;
}

const SWEEPS_AT_MOST = 30;

/** The eigenpairs of a small symmetric matrix, the largest value first. Source: cyclic Jacobi rotations, Golub and Van Loan, 8.5. */
export function symmetricEigen(matrix: Float64Array, size: number): readonly EigenPair[] {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size); // Row i is eigenvector i.
  for (let at = 0; at < size; at++) vectors[at * size + at] = 1;
  const scale = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < SWEEPS_AT_MOST && offDiagonal(a, size) > scale * 1e-30; sweep++)
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate({ a, vectors, size }, p, q);
  const pairs = Array.from({ length: size }, (_, at) => ({
    value: a[at * size + at] ?? 0,
    vector: vectors.slice(at * size, (at + 1) * size),
  }));
  return pairs.sort((left, right) => right.value - left.value);
}

function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < row; column++) sum += (a[row * size + column] ?? 0) ** 2;
  return sum;
}

interface Work {
  readonly a: Float64Array;
  readonly vectors: Float64Array;
  readonly size: number;
}

/** Makes element (p, q) zero. */
function rotate({ a, vectors, size }: Work, p: number, q: number): void {
  const apq = a[p * size + q] ?? 0;
  if (apq === 0) return;
  const theta = ((a[q * size + q] ?? 0) - (a[p * size + p] ?? 0)) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(t * t + 1);
  const sine = t * cosine;
  for (let at = 0; at < size; at++) turn(a, [at * size + p, at * size + q], { cosine, sine });
  for (let at = 0; at < size; at++) turn(a, [p * size + at, q * size + at], { cosine, sine });
  for (let at = 0; at < size; at++) turn(vectors, [p * size + at, q * size + at], { cosine, sine });
}

function turn(
  values: Float64Array,
  [first, second]: readonly [number, number],
  { cosine, sine }: { readonly cosine: number; readonly sine: number },
): void {
  const [x, y] = [values[first] ?? 0, values[second] ?? 0];
  values[first] = cosine * x - sine * y;
  values[second] = sine * x + cosine * y;
}
