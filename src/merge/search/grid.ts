import type { SearchStrategy } from './strategy.ts';

/** Every combination of the coordinates that each dimension has, the last dimension changing fastest. */
export function gridSearch(axes: readonly (readonly number[])[]): SearchStrategy {
  let points = axes.reduce<readonly (readonly number[])[]>(
    (found, axis) => found.flatMap(point => axis.map(value => [...point, value])),
    [[]],
  );
  return {
    ask: () => points.map(point => Float64Array.from(point)),
    tell: () => {
      points = [];
    },
  };
}
