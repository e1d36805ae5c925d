import type { Reference } from './reference.ts';
import { placesOf } from './vectors.ts';

export const arceeFusion: Reference = ({ shape, models: [first = [], second = []] }) => {
  const scores: number[] = [];
  for (const row of placesOf(shape, 'rows')) {
    const [before, after] = [first, second].map(model => probabilities(row.map(i => model[i] ?? 0))) as [
      number[],
      number[],
    ];
    const divergence = after.reduce((sum, p, at) => sum + p * Math.log(p / (before[at] ?? 1)), 0);
    for (const i of row) scores[i] = Math.abs((second[i] ?? 0) - (first[i] ?? 0)) * Math.max(0, divergence);
  }
  const sorted = scores.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const threshold = at(0.5) + 1.5 * (at(0.75) - at(0.25));
  return scores.map((score, i) => {
    const [value, other] = [
      (score >= threshold ? second : first)[i] ?? 0,
      (score >= threshold ? first : second)[i] ?? 0,
    ];
    // At the threshold itself, the last bits of a score decide.
    const isClose = Math.abs(score - threshold) <= 1e-5 * threshold + 1e-14;
    return { value, magnitude: isClose ? Math.abs(value - other) * 2 ** 47 : Math.abs(value) };
  });
};

function probabilities(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map(value => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map(power => power / sum + 1e-8);
}
