import { combined, dot, type Reference } from './reference.ts';

/** Along the arc; along the chord where the vectors are as good as parallel. */
export const slerp: Reference = ({ models, parameters }) => {
  const t = Number(parameters.t);
  const [left, right] = models.map(unit) as [number[], number[]];
  const cosine = dot(left, right);
  if (Math.abs(cosine) > 0.9995) return combined([1 - t, t], models);
  const angle = Math.acos(cosine);
  return combined(
    [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)],
    models,
  );
};

function unit(vector: readonly number[]): number[] {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map(value => (length > 1e-8 ? value / length : value));
}
