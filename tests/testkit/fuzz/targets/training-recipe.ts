import { parseRecipe } from '../../../../src/train/recipe/parse-recipe.ts';
import type { FuzzTarget } from '../target.ts';

const RECIPE = `version: 1
task: image-classification
model: { path: model.safetensors, config: config.json }
data: { path: data, split: train }
optimizer: { name: adamw, learning_rate: 0.01, warmup_steps: 2 }
batch_size: 8
steps: 10
seed: 1
`;

/** Recipes of training. */
export default {
  seeds: () =>
    [RECIPE, 'version: 1\nmodel: { path: m.safetensors }\ncommand: [python, train.py]\n'].map(text =>
      Buffer.from(text),
    ),
  parse: input => parseRecipe(Buffer.from(input).toString('utf8'), 'recipe.yaml'),
  words: ['epochs: 1\n', 'momentum: 0.9\n', '&a ', '*a', 'schedule: cosine\n', 'classes: [1]'],
} satisfies FuzzTarget;
