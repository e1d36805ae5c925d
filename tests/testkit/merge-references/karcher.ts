import { dot, type Reference } from './reference.ts';
import { added, lengthOf, scaled } from './vectors.ts';

/** The iteration on the vectors themselves. */
export const karcher: Reference = ({ models, parameters }) => {
  const [first = []] = models;
  const tolerance = Number(parameters.tol);
  if (models.length === 1) return first.map(value => ({ value, magnitude: Math.abs(value) }));
  const units = models
    .filter(model => lengthOf(model) > tolerance)
    .map(model => scaled(model, 1 / lengthOf(model)));
  if (units.length === 0) return first.map(() => ({ value: 0, magnitude: 0 }));
  const length = models.reduce((sum, model) => sum + lengthOf(model) / models.length, 0);
  const { point, growth } = centreOf(units, Number(parameters.max_iter), tolerance);
  // A centre of directions that nearly cancel out is ill-conditioned; errors may be those of the whole sphere.
  const magnitude = length * 64 * growth;
  return point.map(value => ({ value: value * length, magnitude }));
};

/** The centre, and how much coefficients can grow on the way to it where directions nearly cancel out. */
function centreOf(
  units: readonly (readonly number[])[],
  steps: number,
  tolerance: number,
): { readonly point: readonly number[]; readonly growth: number } {
  const share = 1 / units.length;
  const mean = scaled(added(...units), share);
  let growth = 1 / Math.max(tolerance, lengthOf(mean));
  let point = lengthOf(mean) < tolerance ? (units[0] ?? []) : scaled(mean, 1 / lengthOf(mean));
  for (let step = 0; step < steps; step++) {
    growth *= 1 + share * Math.max(...units.map(unit => stretch(point, unit)));
    const tangent = added(...units.map(unit => scaled(logarithm(point, unit, tolerance), share)));
    const length = lengthOf(tangent);
    if (length < tolerance) break;
    point = added(scaled(point, Math.cos(length)), scaled(tangent, Math.sin(length) / length));
    point = scaled(point, 1 / lengthOf(point));
  }
  return { point, growth };
}

/** An angle over its sine, squared: how much the error of a cosine counts in the tangent vector. */
function stretch(left: readonly number[], right: readonly number[]): number {
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(left, right))));
  return (angle / Math.max(1e-6, Math.sin(angle))) ** 2;
}

/** The tangent vector that leads from a point to another; none where they are the same or opposite. */
function logarithm(from: readonly number[], to: readonly number[], tolerance: number): readonly number[] {
  const cosine = Math.min(1, Math.max(-1, dot(from, to)));
  const angle = Math.acos(cosine);
  if (angle < tolerance || Math.sin(angle) < 1e-6) return from.map(() => 0);
  return scaled(added(to, scaled(from, -cosine)), angle / Math.sin(angle));
}
