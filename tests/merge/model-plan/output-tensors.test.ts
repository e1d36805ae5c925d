import { describe, expect, test } from 'vitest';
import type { InputModel } from '../../../src/merge/model-plan/input-model.ts';
import { depthOutside, layerName } from '../../../src/merge/model-plan/layer-name.ts';
import { outputTensors } from '../../../src/merge/model-plan/output-tensors.ts';
import { readMergeRecipe } from '../../../src/merge/recipe-file/read-merge-recipe.ts';

function model(
  name: string,
  tensors: readonly string[],
  config?: Record<string, unknown>,
): [string, InputModel] {
  const entries = tensors.map(tensor => [tensor, { name: tensor, dtype: 'F32', shape: [1] }] as const);
  return [name, { name, tensors: new Map(entries), config }];
}

const llama = (layers: number): string[] => [
  'model.embed_tokens.weight',
  ...Array.from({ length: layers }, (_, layer) => `model.layers.${layer}.mlp.weight`),
  'model.norm.weight',
  'lm_head.weight',
];

const plan = (recipe: string, ...models: [string, InputModel][]) =>
  outputTensors(readMergeRecipe(recipe, 'r.yaml'), new Map(models));

test.each([
  [
    'model.layers.12.self_attn.q_proj.weight',
    { stack: 'model.layers', layer: 12, rest: 'self_attn.q_proj.weight' },
  ],
  ['h.0.ln_1.bias', { stack: 'h', layer: 0, rest: 'ln_1.bias' }],
  ['blocks.3.experts.7.w1', { stack: 'blocks', layer: 3, rest: 'experts.7.w1' }],
  ['lm_head.weight', undefined],
  ['0.weight', undefined],
])('%s', (name, expected) => {
  expect(layerName(name)).toEqual(expected);
});

test('embeddings come before the layers, the last norm and the head behind them', () => {
  const before = [
    'model.embed_tokens.weight',
    'wte.weight',
    'bert.embeddings.LayerNorm.weight',
    'gpt_neox.embed_in.weight',
  ];
  const behind = [
    'model.norm.weight',
    'ln_f.bias',
    'lm_head.weight',
    'score.weight',
    'embed_out.weight',
    'cls.predictions.bias',
  ];
  expect(before.map(depthOutside)).toEqual(before.map(() => 0));
  expect(behind.map(depthOutside)).toEqual(behind.map(() => 1));
});

test('whole models: every layer knows how deep it is', () => {
  const tensors = plan(
    'merge_method: linear\nmodels: [{ model: a }, { model: b }]',
    model('a', llama(3)),
    model('b', llama(3)),
  );
  expect(tensors.map(({ name, depth }) => `${name} ${depth}`)).toEqual([
    'model.embed_tokens.weight 0',
    'model.layers.0.mlp.weight 0',
    'model.layers.1.mlp.weight 0.5',
    'model.layers.2.mlp.weight 1',
    'lm_head.weight 1',
    'model.norm.weight 1',
  ]);
});

describe('slices', () => {
  const recipe = (first: string, second: string): string =>
    `merge_method: linear\nslices: [{ sources: [{ model: a, layer_range: ${first} }] }, { sources: [{ model: b, layer_range: ${second} }] }]`;

  test('layers are numbered anew; what surrounds them comes from the first and the last slice', () => {
    const tensors = plan(recipe('[0, 2]', '[1, 4]'), model('a', llama(4)), model('b', llama(4)));
    const origins = tensors.map(
      ({ name, depth, sources }) => `${name} <- ${sources[0]?.source.model}:${sources[0]?.name} @${depth}`,
    );
    expect(origins).toMatchInlineSnapshot(`
      [
        "model.embed_tokens.weight <- a:model.embed_tokens.weight @0",
        "model.layers.0.mlp.weight <- a:model.layers.0.mlp.weight @0",
        "model.layers.1.mlp.weight <- a:model.layers.1.mlp.weight @1",
        "model.layers.2.mlp.weight <- b:model.layers.1.mlp.weight @0",
        "model.layers.3.mlp.weight <- b:model.layers.2.mlp.weight @0.5",
        "model.layers.4.mlp.weight <- b:model.layers.3.mlp.weight @1",
        "lm_head.weight <- b:lm_head.weight @1",
        "model.norm.weight <- b:model.norm.weight @1",
      ]
    `);
  });

  test('a layer that a model does not have is named', () => {
    expect(() => plan(recipe('[0, 2]', '[3, 5]'), model('a', llama(4)), model('b', llama(4)))).toThrow(
      'b has no layer 4 in model.layers',
    );
  });

  test('of several stacks, that one is sliced which has as many layers as the config says', () => {
    const names = [...llama(2), 'vision.blocks.0.weight'];
    const of = (config?: Record<string, unknown>) =>
      plan(recipe('[0, 1]', '[0, 2]'), model('a', names, config), model('b', names, config)).map(
        ({ name }) => name,
      );
    expect(of({ num_hidden_layers: 2 })).toContain('model.layers.2.mlp.weight');
    expect(() => of()).toThrow('layers of which of these: model.layers (2 layers), vision.blocks (1 layers)');
  });
});

test('modules are parts of the model by the beginning of the names', () => {
  const names = ['vision.blocks.0.weight', 'text.layers.0.weight', 'text.norm.weight'];
  const recipe =
    'merge_method: linear\nmodules: { vision: { models: [{ model: a }] }, text: { models: [{ model: b }] } }';
  const tensors = plan(recipe, model('a', names), model('b', names));
  expect(tensors.map(({ name, sources }) => `${sources[0]?.source.model}:${name}`).sort()).toEqual([
    'a:vision.blocks.0.weight',
    'b:text.layers.0.weight',
    'b:text.norm.weight',
  ]);
  expect(() => plan(recipe.replace('vision', 'audio'), model('a', names), model('b', names))).toThrow(
    '"audio."',
  );
});
