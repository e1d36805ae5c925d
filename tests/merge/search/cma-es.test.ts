import { expect, test } from 'vitest';
import { cmaEs } from '../../../src/merge/search/cma-es.ts';

type Objective = (point: Float64Array) => number;

/** Evaluations until the objective is reached within a precision; Infinity where it is not. */
function evaluations(objective: Objective, dimensions: number, seed: number): number {
  const search = cmaEs({ start: new Float64Array(dimensions).fill(0.8), seed });
  let count = 0;
  for (let points = search.ask(); points.length > 0; points = search.ask()) {
    const scored = points.map(point => ({ point, score: -objective(point) }));
    count += points.length;
    if (scored.some(({ score }) => score > -1e-6)) return count;
    search.tell(scored);
  }
  return Number.POSITIVE_INFINITY;
}

const at = (point: Float64Array, index: number): number => (point[index] ?? 0) - 0.3;
const sphere: Objective = point => point.reduce((sum, _, index) => sum + at(point, index) ** 2, 0);
const ellipsoid: Objective = point =>
  point.reduce((sum, _, index) => sum + (1000 ** (index / (point.length - 1)) * at(point, index)) ** 2, 0);
/** Its valley bends: of four times the coordinates, the optimum at 0.25. */
const rosenbrock: Objective = point => {
  const x = point.map(value => 4 * value);
  let sum = 0;
  for (let index = 0; index + 1 < x.length; index++)
    sum += 100 * ((x[index + 1] ?? 0) - (x[index] ?? 0) ** 2) ** 2 + (1 - (x[index] ?? 0)) ** 2;
  return sum;
};

test.each([
  ['sphere', sphere, 4, 400],
  ['sphere in one dimension', sphere, 1, 120],
  ['ellipsoid, of condition a million', ellipsoid, 4, 1600],
  ['Rosenbrock', rosenbrock, 3, 2000],
])('finds the optimum of a %s', (_, objective, dimensions, most) => {
  for (const seed of [1, 2, 3]) expect(evaluations(objective, dimensions, seed)).toBeLessThan(most);
});

test('finds an optimum at the border, and never leaves the box', () => {
  const search = cmaEs({ start: Float64Array.of(0.5, 0.5), seed: 4 });
  let best = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < 40; round++) {
    const points = search.ask();
    expect(points.every(point => point.every(value => value >= 0 && value <= 1))).toBe(true);
    const scored = points.map(point => ({ point, score: (point[0] ?? 0) - Math.abs(at(point, 1)) }));
    best = Math.max(best, ...scored.map(({ score }) => score));
    search.tell(scored);
  }
  expect(best).toBeGreaterThan(0.99);
});

test('draws the same points for the same seed and scores, others for another', () => {
  const drawn = (seed: number): readonly number[][] => {
    const search = cmaEs({ start: Float64Array.of(0.5, 0.5, 0.5), seed });
    const points: number[][] = [];
    for (let round = 0; round < 5; round++) {
      const asked = search.ask();
      points.push(...asked.map(point => [...point]));
      search.tell(asked.map(point => ({ point, score: -sphere(point) })));
    }
    return points;
  };
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test('what has no result counts as the worst', () => {
  const search = cmaEs({ start: Float64Array.of(0.5), seed: 1 });
  const asked = search.ask();
  search.tell(asked.map((point, index) => ({ point, score: index === 0 ? Number.NEGATIVE_INFINITY : 1 })));
  expect(search.ask().every(point => point.every(Number.isFinite))).toBe(true);
});
