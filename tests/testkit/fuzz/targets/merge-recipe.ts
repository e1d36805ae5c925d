import { readMergeRecipe } from '../../../../src/merge/recipe-file/read-merge-recipe.ts';
import type { FuzzTarget } from '../target.ts';

const MERGEKIT = `merge_method: ties
base_model: base
models:
  - model: a
    parameters: { weight: [0, 0.5, 1], density: 0.5 }
  - model: { model: { path: b } }
    parameters:
      weight:
        - { filter: mlp, value: [1, 0] }
        - value: 0.5
parameters: { normalize: true }
dtype: bfloat16
tokenizer:
  source: union
  tokens: { <x>: { source: { kind: zero }, force: true } }
`;
const SLICES = `merge_method: passthrough
slices:
  - sources: [{ model: a, layer_range: [0, 2] }]
  - sources: [{ model: b, layer_range: [1, 3], parameters: { scale: 0.5 } }]
`;
const OWN = `models: [a, { model: b, parameters: { weight: { gradient: [0, 1] } } }]
method: task_arithmetic
parameters: { weight: [0.6, 0.4], lambda: 0.9 }
rules: [{ match: "*.norm.*", method: linear }, { match: head, take: ours }]
dtype: float16
`;

/** Recipes of merges: mgit's own and mergekit's. */
export default {
  seeds: () => [MERGEKIT, SLICES, OWN].map(text => Buffer.from(text)),
  parse: input => readMergeRecipe(Buffer.from(input).toString('utf8'), 'recipe.yaml'),
  words: [
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '- ',
    'modules:',
    'slerp',
    'chat_template: auto',
    'out_dtype: float32',
    't: 0.5',
    '.nan',
    '.inf',
  ],
} satisfies FuzzTarget;
