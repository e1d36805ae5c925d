import { expect, test } from 'vitest';
import { decodeRecipe, encodeRecipe } from '../../../src/store/packs/recipe-parameters.ts';
import type { Recipe } from '../../../src/store/packs/records.ts';
import { digestOf } from '../../testkit/layouts.ts';

const RECIPE: Recipe = {
  method: 'linear',
  kernels: 1,
  dtype: 'F32',
  length: 8,
  inputs: [{ digest: digestOf('x'), dtype: 'F32', length: 8 }],
  parameters: { shape: [2] },
};

test('a recipe comes back', () => {
  expect(decodeRecipe(encodeRecipe(RECIPE))).toEqual(RECIPE);
});

test.each<[string, object]>([
  ['another field', { more: 1 }],
  ['no method', { method: 1 }],
  ['a length below zero', { length: -1 }],
  ['a length that is no number', { length: '8' }],
  ['inputs that are no list', { inputs: {} }],
  ['too many inputs', { inputs: Array(1025).fill(RECIPE.inputs[0]) }],
  ['an input without a digest', { inputs: [{ digest: 'x', dtype: 'F32', length: 8 }] }],
  ['parameters that are no object', { parameters: [] }],
])('a recipe with %s is refused', (_, change) => {
  const bytes = Buffer.from(JSON.stringify({ ...RECIPE, ...change }));
  expect(() => decodeRecipe(bytes)).toThrow(expect.objectContaining({ code: 'RECIPE_INVALID' }));
});
