import { createRequire } from 'node:module';

/** The part of jStat that is used; the package carries no types. */
interface JStat {
  readonly normal: {
    inv(p: number, mean: number, deviation: number): number;
    cdf(z: number, mean: number, deviation: number): number;
  };
  readonly studentt: { inv(p: number, freedom: number): number; cdf(t: number, freedom: number): number };
  readonly binomial: { pdf(k: number, n: number, p: number): number };
}

const { jStat } = createRequire(import.meta.url)('jstat') as { readonly jStat: JStat };

/** Quantile of the standard normal distribution; `p` in (0, 1). */
export function normalQuantile(p: number): number {
  return jStat.normal.inv(p, 0, 1);
}

/** Quantile of Student's t distribution. */
export function studentQuantile(p: number, freedom: number): number {
  return jStat.studentt.inv(p, freedom);
}

/** P(T > t) for Student's t. */
export function studentUpperTail(t: number, freedom: number): number {
  return jStat.studentt.cdf(-t, freedom);
}

/** P(X = k) for a fair coin thrown n times. */
export function coinProbability(k: number, n: number): number {
  return jStat.binomial.pdf(k, n, 0.5);
}

/** P(Z > z) for the standard normal distribution. */
export function normalUpperTail(z: number): number {
  return Number.isFinite(z) ? jStat.normal.cdf(-z, 0, 1) : z > 0 ? 0 : 1;
}
