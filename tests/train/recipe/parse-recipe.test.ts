import { expect, test } from 'vitest';
import { parseRecipe, parseRecipeWith } from '../../../src/train/recipe/parse-recipe.ts';
import { quartersRecipe } from '../../testkit/training.ts';

const RECIPE = quartersRecipe('data');

const refusal = (message: string) =>
  expect.objectContaining({ code: 'RECIPE_INVALID', message: expect.stringContaining(message) });

test('settings change single values', () => {
  const changed = parseRecipeWith(RECIPE, 'r.yaml', [
    'optimizer.learning_rate=0.5',
    'data.classes=[1, 2]',
    'steps=7',
  ]);
  expect(changed).toMatchObject({ steps: 7, optimizer: { learning_rate: 0.5 }, data: { classes: [1, 2] } });
  expect(() => parseRecipeWith(RECIPE, 'r.yaml', ['steps'])).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID' }),
  );
  expect(() => parseRecipeWith(RECIPE, 'r.yaml', ['steps=none'])).toThrow(refusal('r.yaml with steps=none'));
});

test.each([
  [RECIPE.replace('steps: 120', 'stepz: 120'), 'r.yaml:8:1: the file has an unknown key "stepz"'],
  [RECIPE.replace('steps: 120\n', ''), 'either steps or epochs'],
  [`${RECIPE}epochs: 2\n`, 'r.yaml:10:1: a recipe needs either steps or epochs'],
  [RECIPE.replace('momentum: 0.9', 'momentum: 1.5'), 'r.yaml:6:'],
  [RECIPE.replace('momentum: 0.9', 'warmup_steps: 200'), 'shorter than the run'],
  ['version: 1\nmodel: { path: m }\ncommand: []\n', 'r.yaml:3:1:'],
  ['version: 1\nmodel: { path: m }\ncommand: [a]\noptimizer: {}\n', 'unknown key "optimizer"'],
])('a wrong recipe is shown with its line', (text, message) => {
  expect(() => parseRecipe(text, 'r.yaml')).toThrow(refusal(message));
});
