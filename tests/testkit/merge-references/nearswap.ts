import type { Reference } from './reference.ts';

export const nearswap: Reference = ({ models: [first = [], second = []], parameters }) =>
  first.map((value, i) => {
    const other = second[i] ?? 0;
    const share = value === other ? 1 : Math.min(1, Number(parameters.t) / Math.abs(value - other));
    return {
      value: share * other + (1 - share) * value,
      magnitude: Math.abs(share * other) + 2 * Math.abs(value),
    };
  });
