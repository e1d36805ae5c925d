import { createRandom, type Random } from '../../base/random.ts';
import { cosine, exponential, logarithm, sine } from '../../tensor/elementary-functions.ts';
import { symmetricEigen } from '../../tensor/structure/symmetric-eigen.ts';
import { norm, type Points, type Scored, type SearchStrategy } from './strategy.ts';

/** Draws outside of the box are drawn again so often before they are moved to its border. */
const MOST_DRAWS = 100;
/** A distribution so narrow, as a share of the box, has arrived. */
const NARROWEST = 1e-4;
/** Standard deviation at the begin, as a share of the box. Source: Hansen, as below, for an optimum that is likely inside of it. */
const FIRST_SIGMA = 0.3;

export interface CmaEsOptions {
  /** Where to begin, in the unit box: one coordinate for each dimension. */
  readonly start: Float64Array;
  readonly seed: number;
  readonly sigma?: number;
}

/**
 * The covariance matrix adaptation evolution strategy in the unit box, with recombination of the better half and the parameters of the
 * tutorial. The same points for the same seed and scores, on every machine. Source: Hansen 2016, The CMA evolution strategy: a tutorial,
 * https://arxiv.org/abs/1604.00772
 */
export function cmaEs({ start, seed, sigma = FIRST_SIGMA }: CmaEsOptions): SearchStrategy {
  const constants = constantsFor(start.length);
  const draw = normalNumbers(createRandom(seed, 'cma-es'));
  let state = firstState(start, sigma);
  return {
    ask: () => (state.sigma < NARROWEST ? [] : population(state, constants, draw)),
    tell: scored => {
      state = nextState(state, constants, scored);
    },
  };
}

interface Constants {
  readonly dimensions: number;
  readonly population: number;
  /** Of the better half, the best first; their sum is 1. */
  readonly weights: readonly number[];
  readonly muEff: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cC: number;
  readonly c1: number;
  readonly cMu: number;
  /** The expected length of a vector of normal numbers. */
  readonly chi: number;
}

function constantsFor(n: number): Constants {
  const population = 4 + Math.floor(3 * logarithm(n));
  const half = Math.floor(population / 2);
  const raw = Array.from({ length: half }, (_, at) => logarithm((population + 1) / 2) - logarithm(at + 1));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map(weight => weight / total);
  const muEff = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
  const cSigma = (muEff + 2) / (n + muEff + 5);
  const c1 = 2 / ((n + 1.3) * (n + 1.3) + muEff);
  return {
    dimensions: n,
    population,
    weights,
    muEff,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cC: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    c1,
    cMu: Math.min(1 - c1, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) * (n + 2) + muEff)),
    chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

interface State {
  readonly generation: number;
  readonly mean: Float64Array;
  readonly sigma: number;
  /** Row by row. */
  readonly covariance: Float64Array;
  readonly pathC: Float64Array;
  readonly pathSigma: Float64Array;
}

function firstState(mean: Float64Array, sigma: number): State {
  const n = mean.length;
  const covariance = new Float64Array(n * n);
  for (let at = 0; at < n; at++) covariance[at * n + at] = 1;
  return {
    generation: 0,
    mean,
    sigma,
    covariance,
    pathC: new Float64Array(n),
    pathSigma: new Float64Array(n),
  };
}

/** The axes of the distribution: unit vectors, and the standard deviation along each. */
function axesOf({ covariance, mean }: State) {
  return symmetricEigen(covariance, mean.length).map(({ value, vector }) => ({
    vector,
    length: Math.sqrt(Math.max(value, 0)),
  }));
}

function population(state: State, constants: Constants, draw: () => number): Points {
  const axes = axesOf(state);
  const candidate = (): Float64Array => {
    const point = state.mean.slice();
    for (const { vector, length } of axes) {
      const step = state.sigma * length * draw();
      for (const [at, direction] of vector.entries()) point[at] = (point[at] ?? 0) + step * direction;
    }
    return point;
  };
  return Array.from({ length: constants.population }, () => {
    let point = candidate();
    for (let draws = 1; draws < MOST_DRAWS && !isInside(point); draws++) point = candidate();
    return point.map(value => Math.min(1, Math.max(0, value)));
  });
}

const isInside = (point: Float64Array): boolean => point.every(value => value >= 0 && value <= 1);

function nextState(state: State, constants: Constants, scored: readonly Scored[]): State {
  const { dimensions: n, weights, muEff, cSigma, dSigma, cC, c1, cMu, chi } = constants;
  const ranked = scored.toSorted((left, right) => right.score - left.score); // Stable: of equal ones the first.
  const steps = weights.map((_, at) =>
    scaled(difference((ranked[at] as Scored).point, state.mean), 1 / state.sigma),
  );
  const step = sumOf(n, steps, weights);
  const mean = state.mean.map((value, at) => value + state.sigma * (step[at] ?? 0));
  const pathSigma = mix(state.pathSigma, whitened(state, step), cSigma, muEff);
  const generation = state.generation + 1;
  const expected = Math.sqrt(1 - power(1 - cSigma, 2 * generation));
  const isSteady = norm(pathSigma) / expected / chi < 1.4 + 2 / (n + 1);
  const pathC = isSteady ? mix(state.pathC, step, cC, muEff) : scaled(state.pathC, 1 - cC);
  const kept = 1 - c1 - cMu + (isSteady ? 0 : c1 * cC * (2 - cC));
  const covariance = state.covariance.map((value, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    const rankMu = weights.reduce(
      (sum, weight, index) => sum + weight * product(steps[index], row, column),
      0,
    );
    return kept * value + c1 * product(pathC, row, column) + cMu * rankMu;
  });
  const sigma = state.sigma * exponential((cSigma / dSigma) * (norm(pathSigma) / chi - 1));
  return { generation, mean, sigma, covariance, pathC, pathSigma };
}

/** C^(-1/2) times a vector. */
function whitened(state: State, vector: Float64Array): Float64Array {
  const result = new Float64Array(vector.length);
  for (const { vector: axis, length } of axesOf(state)) {
    if (length === 0) continue;
    const along = axis.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0) / length;
    for (const [at, direction] of axis.entries()) result[at] = (result[at] ?? 0) + along * direction;
  }
  return result;
}

/** An evolution path, decayed and led on. */
function mix(path: Float64Array, step: Float64Array, rate: number, muEff: number): Float64Array {
  const share = Math.sqrt(rate * (2 - rate) * muEff);
  return path.map((value, at) => (1 - rate) * value + share * (step[at] ?? 0));
}

const product = (vector: Float64Array | undefined, row: number, column: number): number =>
  (vector?.[row] ?? 0) * (vector?.[column] ?? 0);

const scaled = (vector: Float64Array, factor: number): Float64Array => vector.map(value => value * factor);

const difference = (left: Float64Array, right: Float64Array): Float64Array =>
  left.map((value, at) => value - (right[at] ?? 0));

function sumOf(n: number, vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(n);
  for (const [index, vector] of vectors.entries())
    for (const [at, value] of vector.entries()) sum[at] = (sum[at] ?? 0) + (weights[index] ?? 0) * value;
  return sum;
}

/** A natural power by products alone, which are the same everywhere. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let at = 0; at < exponent; at++) result *= base;
  return result;
}

/** Numbers of the standard normal distribution. Source: Box and Muller 1958. */
function normalNumbers(random: Random): () => number {
  return () => {
    const radius = Math.sqrt(-2 * logarithm(1 - random.unit()));
    const angle = 2 * Math.PI * random.unit();
    return radius * (random.uint32() % 2 === 0 ? cosine(angle) : sine(angle));
  };
}
