import { combined, dot, listOf, type Reference, sumOf } from './reference.ts';
import { added, lengthOf, onBase, scaled, vectorsOf } from './vectors.ts';

/** With the detour through the tangent space that the method takes on paper. */
export const multislerp: Reference = input => {
  const given = listOf(input, 'weight');
  const vectors = vectorsOf(input);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const weights = given.map(weight => (input.parameters.normalize_weights ? weight / total : weight));
  if (vectors.length === 1) return onBase(input, combined([1], vectors));
  const eps = Number(input.parameters.eps);
  const units = vectors.map(vector => scaled(vector, 1 / (lengthOf(vector) + eps)));
  const weighted = (of: readonly (readonly number[])[]) =>
    added(...of.map((vector, i) => scaled(vector, weights[i] ?? 0)));
  const centre = weighted(units);
  if (lengthOf(centre) < eps) return onBase(input, combined(weights, vectors));
  const mean = scaled(centre, 1 / lengthOf(centre));
  const tangent = weighted(units.map(unit => added(unit, scaled(mean, -dot(unit, mean)))));
  const angle = lengthOf(tangent) + eps;
  const point = added(scaled(mean, Math.cos(angle)), scaled(tangent, Math.sin(angle) / angle));
  const length = weights.reduce((sum, weight, i) => sum + weight * lengthOf(vectors[i] ?? []), 0);
  const spread = vectors.map((vector, i) => Math.abs((weights[i] ?? 0) / (lengthOf(vector) + eps)));
  const magnitudes = combined(spread, vectors).map(
    ({ magnitude }) => (magnitude / lengthOf(centre)) * length,
  );
  return onBase(
    input,
    scaled(point, length).map((value, i) => ({
      value,
      magnitude: sumOf([value, magnitudes[i] ?? 0]).magnitude,
    })),
  );
};
