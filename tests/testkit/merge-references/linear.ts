import { combined, listOf, type Reference } from './reference.ts';

export const linear: Reference = input => {
  const weights = listOf(input, 'weight');
  const divisor = input.parameters.normalize ? weights.reduce((total, weight) => total + weight, 0) : 1;
  return combined(
    weights.map(weight => weight / divisor),
    input.models,
  );
};
