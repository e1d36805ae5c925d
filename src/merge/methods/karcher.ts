import { arcCosine, cosine, sine } from '../../tensor/elementary-functions.ts';
import { combine } from '../combine.ts';
import type { Gram } from '../gram.ts';
import type { ComputingMethod } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER, numberParameter } from '../parameters.ts';

/** Opposite directions have no shortest arc between them. */
const SMALLEST_SINE = 1e-6;

/**
 * Riemannian centre of mass of the models' directions on the unit sphere, at their mean length. Every iterate is a combination of the
 * models, so that the iteration needs their dot products alone, and one pass.
 */
export const karcher: ComputingMethod = {
  name: 'karcher',
  kind: 'compute',
  summary: "the centre of the models' directions on a sphere, at their mean length",
  whenToUse: 'several equally good models; closer to all of them along the sphere than an average is',
  source:
    'Karcher 1977, Riemannian center of mass and mollifier smoothing, https://doi.org/10.1002/cpa.3160300502',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: true,
  kernels: 1,
  parameters: [
    {
      name: 'max_iter',
      description: 'steps at most',
      type: 'number',
      default: 10,
      minimum: 0,
      maximum: 10_000,
      perModel: false,
    },
    {
      name: 'tol',
      description: 'smaller steps, angles and lengths are none',
      type: 'number',
      default: 1e-5,
      minimum: 1e-12,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => false,
  run: task => {
    const [steps, tolerance] = ['max_iter', 'tol'].map(name => numberParameter(task.parameters, name));
    return combine(task, {
      grouping: 'all',
      isFromBase: false,
      isRoundedStepwise: isStepwise(task.parameters),
      coefficients: gram =>
        task.models.length === 1
          ? [1]
          : centre(gram, { count: task.models.length, steps: steps ?? 0, tolerance: tolerance ?? 0 }),
    });
  },
};

interface Iteration {
  readonly count: number;
  readonly steps: number;
  readonly tolerance: number;
}

/** A point is a combination of the models' directions: one coefficient for each. */
type Point = readonly number[];

/** The coefficients of the models. */
function centre(gram: Gram, iteration: Iteration): Point {
  const indexes = Array.from({ length: iteration.count }, (_, i) => i);
  const lengths = indexes.map(i => Math.sqrt(gram(i, i)));
  const valid = indexes.filter(i => (lengths[i] ?? 0) > iteration.tolerance);
  const coefficients = new Array<number>(iteration.count).fill(0);
  if (valid.length === 0) return coefficients;
  const cosines = valid.map(i => valid.map(j => gram(i, j) / ((lengths[i] ?? 0) * (lengths[j] ?? 0))));
  const length = lengths.reduce((sum, value) => sum + value / iteration.count, 0);
  for (const [at, value] of centreOfDirections(cosines, iteration).entries()) {
    const model = valid[at] ?? 0;
    coefficients[model] = (length * value) / (lengths[model] ?? 1);
  }
  return coefficients;
}

function centreOfDirections(cosines: readonly Point[], { steps, tolerance }: Iteration): Point {
  const lengthOf = (point: Point): number => Math.sqrt(Math.max(0, product(point, project(cosines, point))));
  const share = 1 / cosines.length;
  const mean = cosines.map(() => share);
  const spread = lengthOf(mean);
  let point: Point = spread < tolerance ? mean.map((_, at) => (at === 0 ? 1 : 0)) : divided(mean, spread);
  for (let step = 0; step < steps; step++) {
    const tangent = tangentAt(point, project(cosines, point), tolerance);
    const length = lengthOf(tangent);
    if (length < tolerance) break;
    const [along, across] = [cosine(length), sine(length) / length];
    point = point.map((value, at) => along * value + across * (tangent[at] ?? 0));
    const norm = lengthOf(point);
    if (norm > tolerance) point = divided(point, norm);
  }
  return point;
}

/** The mean of the logarithms of the directions at a point, whose dot products with them are given. */
function tangentAt(point: Point, products: Point, tolerance: number): Point {
  const share = 1 / point.length;
  const tangent = point.map(() => 0);
  for (const [direction, value] of products.entries()) {
    const along = Math.min(1, Math.max(-1, value));
    const angle = arcCosine(along);
    if (angle < tolerance || sine(angle) < SMALLEST_SINE) continue;
    const factor = share * (angle / sine(angle));
    for (const [at, own] of point.entries())
      tangent[at] = (tangent[at] ?? 0) + factor * ((at === direction ? 1 : 0) - along * own);
  }
  return tangent;
}

/** The dot products of a point with each direction. */
function project(cosines: readonly Point[], point: Point): Point {
  return cosines.map(row => product(row, point));
}

function product(left: Point, right: Point): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
}

function divided(point: Point, divisor: number): number[] {
  return point.map(value => value / divisor);
}
