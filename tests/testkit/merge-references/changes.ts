import type { Reference, ReferenceElement, ReferenceInput } from './reference.ts';
import { listOf } from './reference.ts';

/** Errors may be as large as they like, where rounding decides about an element. */
const UNBOUNDED = 2 ** 50;

/** True when rounding may decide how two numbers compare. */
function isClose(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-5 * Math.max(Math.abs(left), Math.abs(right)) + 1e-9;
}

const changesOf = ({ base, models }: ReferenceInput): readonly (readonly number[])[] =>
  models.map(model => model.map((value, i) => value - (base[i] ?? 0)));

const add = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);
const size = (terms: readonly number[]): number => add(terms.map(Math.abs));

function element(
  base: number,
  change: number,
  { scale, isUnsure }: { scale: number; isUnsure: boolean },
): ReferenceElement {
  const magnitude = Math.abs(base) + Math.abs(change) + scale;
  return { value: base + change, magnitude: isUnsure ? (1 + magnitude) * UNBOUNDED : magnitude * 4 };
}

/** Changes over the number of models that made them; `own` is what a model's unique elements are multiplied by. */
function averaged(input: ReferenceInput, own: (model: number, counts: readonly number[]) => number) {
  const epsilon = Number(input.parameters.epsilon);
  const changes = changesOf(input);
  const kept = changes.map(change => change.map(value => (Math.abs(value) > epsilon ? value : 0)));
  const counts = input.base.map((_, i) => kept.filter(change => change[i] !== 0).length);
  const isUnsure = changes.some(change => change.some(value => isClose(Math.abs(value), epsilon)));
  return input.base.map((base, i) => {
    const terms = kept.map((change, model) => {
      const factor = counts[i] === 1 ? own(model, countsOf(change, counts)) : 1 / Math.max(1, counts[i] ?? 1);
      return (change[i] ?? 0) * factor;
    });
    return element(base, add(terms), { scale: size(terms), isUnsure });
  });
}

/** How many elements a model shares, and how many are its own. */
function countsOf(change: readonly number[], counts: readonly number[]): readonly number[] {
  const changed = change.flatMap((value, i) => (value === 0 ? [] : (counts[i] ?? 0)));
  return [changed.filter(count => count > 1).length, changed.filter(count => count === 1).length];
}

export const ram: Reference = input => averaged(input, () => 1);

export const ramplusTl: Reference = input => {
  const [r, alpha, epsilon] = ['r', 'alpha', 'epsilon'].map(name => Number(input.parameters[name])) as [
    number,
    number,
    number,
  ];
  return averaged(input, (_, [shared = 0, unique = 0]) =>
    shared === 0 ? 1 : 1 + r * Math.min(alpha, shared / Math.max(unique, epsilon)),
  );
};

export const consensus: Reference = input => {
  const changes = changesOf(input);
  const factors = listOf(input, 'tall_lambda');
  return input.base.map((base, i) => {
    const own = changes.map(change => change[i] ?? 0);
    const total = add(own);
    const limits = own.map((value, model) => (factors[model] ?? 0) * Math.abs(total - value));
    const served = own.filter((value, model) => Math.abs(value) >= (limits[model] ?? 0)).length;
    const isUnsure = own.some((value, model) => isClose(Math.abs(value), limits[model] ?? 0));
    const kept = served >= Number(input.parameters.least_models) ? total : 0;
    return element(base, Number(input.parameters.lambda) * kept, { scale: size(own) * 2, isUnsure });
  });
};

export const sce: Reference = input => {
  const changes = changesOf(input);
  const { selected, isUnsure } = selection(changes, Number(input.parameters.select_topk));
  const energies = changes.map(
    change => add(change.map((value, i) => (selected[i] ? value ** 2 : 0))) / change.length,
  );
  const total = add(energies);
  const shares = energies.map(energy => (total < 1e-6 ? 1 / changes.length : energy / total));
  return input.base.map((base, i) => {
    const own = changes.map(change => (selected[i] ? (change[i] ?? 0) : 0));
    const sign = add(own) >= 0 ? 1 : -1;
    const agreeing = own.map((value, model) => (Math.sign(value) === sign ? (shares[model] ?? 0) : 0));
    const mean = add(own.map((value, model) => value * (agreeing[model] ?? 0))) / (add(agreeing) || 1);
    const isSplit = size(own) > 0 && isClose(add(own) / size(own), 0);
    return element(base, mean, { scale: size(own), isUnsure: isUnsure || isSplit || isClose(total, 1e-6) });
  });
};

/** The elements with the largest variance; unsure where others come close to the last of them. */
function selection(changes: readonly (readonly number[])[], share: number) {
  const [first = []] = changes;
  if (share >= 1) return { selected: first.map(() => true), isUnsure: false };
  const variances = first.map((_, i) => {
    const mean = add(changes.map(change => change[i] ?? 0)) / changes.length;
    return add(changes.map(change => ((change[i] ?? 0) - mean) ** 2)) / changes.length;
  });
  const isEqual = first.map((value, i) => changes.every(change => change[i] === value));
  const ranking = [...variances.keys()].sort((a, b) => (variances[b] ?? 0) - (variances[a] ?? 0));
  const count = Math.trunc(share * isEqual.filter(equal => !equal).length);
  const kept = new Set(ranking.slice(0, count));
  const [last, next] = [count - 1, count].map(rank => variances[ranking[rank] ?? -1]);
  const isUnsure = last !== undefined && next !== undefined && isClose(last, next);
  return { selected: first.map((_, i) => kept.has(i)), isUnsure };
}
