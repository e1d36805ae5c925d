import { combined, listOf, type Reference, sumOf } from './reference.ts';

export const taskArithmetic: Reference = input => {
  const weights = listOf(input, 'weight');
  const divisor = input.parameters.normalize ? weights.reduce((total, weight) => total + weight, 0) : 1;
  const changes = input.models.map(model => model.map((value, i) => value - (input.base[i] ?? 0)));
  const factors = weights.map(weight => (Number(input.parameters.lambda) * weight) / divisor);
  return combined(factors, changes).map(({ value, magnitude }, i) => {
    const whole = sumOf([input.base[i] ?? 0, value]);
    return { value: whole.value, magnitude: whole.magnitude + magnitude };
  });
};
