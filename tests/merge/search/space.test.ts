import { expect, test } from 'vitest';
import { methodNamed } from '../../../src/merge/methods/registry.ts';
import { gridSearch } from '../../../src/merge/search/grid.ts';
import {
  dimensionsOf,
  parametersAt,
  parseRange,
  toUnit,
  usualRanges,
} from '../../../src/merge/search/space.ts';

const ties = methodNamed('ties');
const parameters = ties.kind === 'compute' ? ties.parameters : [];
const method = { name: 'ties', parameters };

test('ranges, grids and lists are read', () => {
  expect(parseRange('lambda=0.2..1.2')).toEqual({
    parameter: 'lambda',
    low: 0.2,
    high: 1.2,
    grid: [0.2, 0.45, 0.7, 0.95, 1.2],
  });
  expect(parseRange('lambda=-1..1/3').grid).toEqual([-1, 0, 1]);
  expect(parseRange('lambda=0.5,0.25,0.5')).toMatchObject({ low: 0.25, high: 0.5, grid: [0.5, 0.25] });
});

test.each([
  'lambda',
  'lambda=',
  'lambda=1..',
  'lambda=1..1',
  'lambda=2..1',
  'lambda=a,b',
  'lambda=0..1/1',
  '=1',
])('%s is refused', text => {
  expect(() => parseRange(text)).toThrow(expect.objectContaining({ code: 'SEARCH_RANGE_INVALID' }));
});

test.each(['density=0..2', 'nothing=0..1', 'normalize=0..1'])('%s does not fit the method', text => {
  expect(() => dimensionsOf([parseRange(text)], method, [0, 1])).toThrow(
    expect.objectContaining({ code: 'SEARCH_RANGE_INVALID' }),
  );
});

test('a parameter with a value for each model has a dimension for each that takes part', () => {
  const dimensions = dimensionsOf([parseRange('weight=0..2'), parseRange('lambda=0.5..1.5')], method, [1, 2]);
  expect(dimensions.map(({ parameter, model, start }) => [parameter, model, start])).toEqual([
    ['weight', 1, 1],
    ['weight', 2, 1],
    ['lambda', undefined, 1],
  ]);
  expect(toUnit(dimensions, [1, 2, 0.5])).toEqual(Float64Array.of(0.5, 1, 0));
  expect(parametersAt(dimensions, Float64Array.of(0.5, 1, 0.123456789), 3)).toEqual({
    weight: [1, 1, 2],
    lambda: 0.62346,
  });
});

test('usual parameters are searched but those that are given', () => {
  const names = usualRanges(parameters, new Set(['weight'])).map(({ parameter }) => parameter);
  expect(names).toEqual(['density', 'lambda']);
  expect(() => dimensionsOf([], method, [1])).toThrow(expect.objectContaining({ code: 'SEARCH_NOTHING' }));
});

test('a grid has every combination once', () => {
  const grid = gridSearch([
    [0, 1],
    [0, 0.5, 1],
  ]);
  const points = grid.ask();
  expect(points.map(point => [...point])).toEqual([
    [0, 0],
    [0, 0.5],
    [0, 1],
    [1, 0],
    [1, 0.5],
    [1, 1],
  ]);
  grid.tell(points.map(point => ({ point, score: 0 })));
  expect(grid.ask()).toEqual([]);
});
