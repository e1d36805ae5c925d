import { keyOf } from '../../../src/merge/task-vectors/seed.ts';
import { keepRandom, keepSampled } from '../../../src/tensor/kernels/reference/sample.ts';
import { listOf, type Reference, type ReferenceElement, type ReferenceInput } from './reference.ts';

/** The change of one model after elements were made 0, and where the last bit of a magnitude decides which. */
export interface SparseChange {
  readonly values: readonly number[];
  readonly isUnsure: readonly boolean[];
}

/** Makes elements of a change 0. */
export type ReferenceSparsify = (
  change: readonly number[],
  model: number,
  input: ReferenceInput,
) => SparseChange;

/** Errors may be as large as they like, where rounding decides about an element. */
const UNBOUNDED = 2 ** 50;

/** Base + lambda * the sum of weight * sparse change, of those that agree on a sign if there is an election. */
export function taskVectors(
  sparsify: ReferenceSparsify,
  electionOf: (input: ReferenceInput) => 'none' | 'weighted' | 'unweighted',
): Reference {
  return input => {
    const { base, models, parameters } = input;
    const changes = models
      .map((model, at) =>
        sparsify(
          model.map((value, i) => value - (base[i] ?? 0)),
          at,
          input,
        ),
      )
      .map((change, at) => rescaled(change, models[at] ?? [], input));
    return base.map((origin, i) => {
      const votes = listOf(input, 'weight').map((weight, model) => ({
        weight,
        change: changes[model]?.values[i] ?? 0,
      }));
      const { sum, divisor, isUnsure } = mixed(
        votes,
        electionOf(input),
        parameters.consensus_method === 'count',
      );
      const mean = parameters.normalize ? sum.value / (divisor === 0 ? 1 : divisor) : sum.value;
      const value = origin + Number(parameters.lambda) * mean;
      const unsure = isUnsure || changes.some(change => change.isUnsure[i]);
      const size =
        Math.abs(origin) + (sum.magnitude / (parameters.normalize ? Math.abs(divisor) || 1 : 1)) * 2;
      return { value, magnitude: unsure ? (size + 1) * UNBOUNDED : size + Math.abs(value) };
    });
  };
}

interface Vote {
  readonly weight: number;
  readonly change: number;
}

function mixed(votes: readonly Vote[], election: 'none' | 'weighted' | 'unweighted', byCount: boolean) {
  const ballots = votes.map(({ weight, change }) => (election === 'weighted' ? weight * change : change));
  const counted = ballots.map(ballot => (byCount ? Math.sign(ballot) : ballot));
  const total = counted.reduce((sum, value) => sum + value, 0);
  const sign = total >= 0 ? 1 : -1;
  const agreeing = votes.filter((_, model) => election === 'none' || Math.sign(ballots[model] ?? 0) === sign);
  const products = agreeing.map(({ weight, change }) => weight * change);
  const shares = agreeing.map(({ weight }) => (election === 'unweighted' ? 1 : weight));
  const magnitude = counted.reduce((sum, value) => sum + Math.abs(value), 0);
  return {
    sum: sumOf(products),
    divisor: shares.reduce((sum, share) => sum + share, 0),
    isUnsure: election !== 'none' && magnitude > 0 && Math.abs(total) <= 1e-5 * magnitude && !byCount,
  };
}

function sumOf(terms: readonly number[]): ReferenceElement {
  return {
    value: terms.reduce((sum, term) => sum + term, 0),
    magnitude: terms.reduce((sum, term) => sum + Math.abs(term), 0),
  };
}

function rescaled(change: SparseChange, model: readonly number[], input: ReferenceInput): SparseChange {
  if (!input.parameters.rescale || input.parameters.rescale_by === 'density') return change;
  const before = model.reduce((sum, value, i) => sum + Math.abs(value - (input.base[i] ?? 0)), 0);
  const after = change.values.reduce((sum, value) => sum + Math.abs(value), 0);
  const factor = before < 1e-7 || after < 1e-7 ? 1 : before / after;
  return { ...change, values: change.values.map(value => value * factor) };
}

/** Keeps the magnitudes of rank trunc(gamma * n) and following, trunc(density * n) in number. */
export const trimmed: ReferenceSparsify = (change, model, input) => {
  const total = change.length;
  const density = listOf(input, 'density')[model] ?? 1;
  const gamma = input.parameters.gamma === undefined ? 0 : (listOf(input, 'gamma')[model] ?? 0);
  const count = Math.trunc(density * total);
  const first = density >= 1 ? 0 : Math.min(Math.trunc(gamma * total), total - count);
  const ranking = change.map((_, i) => i).sort((a, b) => size(change, b) - size(change, a) || a - b);
  const kept = new Set(ranking.slice(first, first + count));
  const borders = [first - 1, first, first + count - 1, first + count].flatMap(rank =>
    count === 0 || count === total ? [] : size(change, ranking[rank] ?? -1),
  );
  return {
    values: change.map((value, i) => (kept.has(i) ? value : 0)),
    isUnsure: change.map((_, i) =>
      borders.some(border => Math.abs(size(change, i) - border) <= 1e-5 * border + 1e-9),
    ),
  };
};

/** Keeps magnitudes from a threshold on. */
export const cut: ReferenceSparsify = (change, model, input) => {
  const threshold = listOf(input, 'threshold')[model] ?? 0;
  return {
    values: change.map(value => (Math.abs(value) >= threshold ? value : 0)),
    isUnsure: change.map(value => Math.abs(Math.abs(value) - threshold) <= 1e-5 * threshold + 1e-9),
  };
};

function size(change: readonly number[], i: number): number {
  return Math.abs(change[i] ?? 0);
}

/** Keeps elements with the probability `density`. */
export const drawn: ReferenceSparsify = (change, model, input) => {
  const density = listOf(input, 'density')[model] ?? 1;
  const values = Float64Array.from(change);
  keepRandom(values, { key: keyOf(input.parameters, model), start: 0 }, density * 2 ** 32);
  // The probability that 32 random bits really have.
  const probability = Math.ceil(density * 2 ** 32) / 2 ** 32;
  const factor = isByDensity(input) && density > 0 ? 1 / probability : 1;
  return { values: Array.from(values, value => value * factor), isUnsure: [] };
};

/** Keeps elements with a probability that follows from their rank in their row. */
export const sampled: ReferenceSparsify = (change, model, input) => {
  const density = listOf(input, 'density')[model] ?? 1;
  const epsilon = listOf(input, 'epsilon')[model] ?? 0;
  if (density >= 1 || density <= 0)
    return { values: change.map(value => (density >= 1 ? value : 0)), isUnsure: [] };
  const key = keyOf(input.parameters, model);
  const length = change.length / (input.shape.length < 2 ? 1 : (input.shape[0] ?? 1));
  const [least, step] = length === 1 ? [density, 0] : [density - epsilon, (2 * epsilon) / (length - 1)];
  const values: number[] = [];
  for (let start = 0; start < change.length; start += length) {
    const row = Float64Array.from(change.slice(start, start + length));
    keepSampled(row, { key, start }, { least, step, isEnlarged: isByDensity(input) });
    values.push(...row);
  }
  return { values, isUnsure: [] };
};

function isByDensity({ parameters }: ReferenceInput): boolean {
  return parameters.rescale === true && parameters.rescale_by === 'density';
}
