import { describe, expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import { modelsOf } from '../../../src/merge/recipe-file/merge-recipe.ts';
import { readMergeRecipe } from '../../../src/merge/recipe-file/read-merge-recipe.ts';

function refusal(text: string): string {
  try {
    readMergeRecipe(text, 'r.yaml');
  } catch (error) {
    if (error instanceof MgitError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('mergekit: models with parameters, gradients and filters', () => {
  const recipe = readMergeRecipe(
    `
merge_method: task_arithmetic
base_model: base
models:
  - model: a
    parameters: { weight: [0, 0.5, 1] }
  - model: { model: { path: b } }
    parameters:
      weight:
        - { filter: mlp, value: [1, 0] }
        - value: 0.5
parameters: { normalize: true }
dtype: bfloat16
out_dtype: torch.float32
tokenizer_source: union
`,
    'r.yaml',
  );
  expect(modelsOf(recipe)).toEqual(['base', 'a', 'b']);
  expect(recipe).toMatchObject({
    dialect: 'mergekit',
    dtype: 'BF16',
    outDtype: 'F32',
    tokenizer: { source: 'union' },
  });
  const [first, second] = recipe.parts[0]?.slices[0]?.sources ?? [];
  expect(first?.parameters).toEqual({ weight: { kind: 'gradient', values: [0, 0.5, 1] } });
  expect(second?.parameters).toEqual({
    weight: {
      kind: 'conditions',
      conditions: [
        { filter: 'mlp', setting: { kind: 'gradient', values: [1, 0] } },
        { filter: undefined, setting: { kind: 'value', value: 0.5 } },
      ],
    },
  });
});

test('mergekit: slices, modules and the tokens of a tokenizer', () => {
  const slices = readMergeRecipe(
    'merge_method: linear\nslices: [{ sources: [{ model: a, layer_range: [0, 2] }] }, { sources: [{ model: b, layer_range: [1, 3] }] }]',
    'r.yaml',
  );
  expect(slices.parts[0]?.slices.map(({ sources }) => sources[0]?.layers)).toEqual([
    [0, 2],
    [1, 3],
  ]);
  const modules = readMergeRecipe(
    'merge_method: linear\nmodules: { default: { models: [{ model: a }] }, vision: { models: [{ model: b }] } }',
    'r.yaml',
  );
  expect(modules.parts.map(({ prefix }) => prefix)).toEqual([undefined, 'vision']);
  const tokens = readMergeRecipe(
    `
merge_method: linear
models: [{ model: a }]
tokenizer:
  source: base
  pad_to_multiple_of: 8
  tokens:
    <x>: { source: { kind: zero }, force: true }
    <y>: { source: { kind: model_token, model: a, token: <x> } }
    <z>: { source: a }
`,
    'r.yaml',
  );
  expect(tokens.tokenizer).toEqual({
    source: 'base',
    padToMultipleOf: 8,
    tokens: {
      '<x>': { source: { kind: 'zero' }, force: true },
      '<y>': { source: { kind: 'other-token', model: 'a', token: '<x>' }, force: false },
      '<z>': { source: { kind: 'model', model: 'a' }, force: false },
    },
  });
});

test('own form: a list has a value for each model, a gradient says so', () => {
  const recipe = readMergeRecipe(
    `
version: 1
base: base
models: [a, { model: b, parameters: { weight: { gradient: [0, 1] } } }]
method: task_arithmetic
parameters: { weight: [0.6, 0.4], lambda: 0.9 }
rules: [{ match: "*.norm.*", method: linear }, { match: head, take: ours }]
dtype: float16
`,
    'r.yaml',
  );
  expect(recipe.parts[0]?.slices[0]?.sources.map(({ parameters }) => parameters)).toEqual([
    { weight: { kind: 'value', value: 0.6 } },
    { weight: { kind: 'gradient', values: [0, 1] } },
  ]);
  expect(recipe).toMatchObject({
    dialect: 'mgit',
    outDtype: 'F16',
    parameters: { lambda: { kind: 'value', value: 0.9 } },
  });
  expect(recipe.rules).toHaveLength(2);
});

test('mergekit: a model with an adapter, in both ways of writing it', () => {
  const models = (reference: string) =>
    modelsOf(readMergeRecipe(`merge_method: linear\nmodels:\n  - model: ${reference}`, 'r.yaml'));
  expect(models('a+lora')).toEqual(['a+lora']);
  expect(models('{ model: { path: a }, lora: { path: lora } }')).toEqual(['a+lora']);
  expect(models('{ model: { path: a }, lora: null }')).toEqual(['a']);
  expect(
    refusal('merge_method: linear\nmodels:\n  - model: { model: { path: a }, lora: { nothing: 1 } }'),
  ).toContain('this names no adapter');
});

describe('what is refused', () => {
  test('by its name, with the line', () => {
    expect(
      refusal('base_model: a\ngate_mode: hidden\nexperts: [{ source_model: b, positive_prompts: [x] }]'),
    ).toMatchInlineSnapshot(`
      "MERGE_RECIPE_UNSUPPORTED: r.yaml:2:1: assembling a mixture of experts (mergekit-moe) is not supported
        2 | gate_mode: hidden"
    `);
    expect(
      refusal(
        'merge_method: linear\nmodels:\n  - model: { model: { path: a }, lora: { path: b, revision: v2 } }',
      ),
    ).toMatchInlineSnapshot(`
      "MERGE_RECIPE_UNSUPPORTED: r.yaml:3:51: a revision on the Hugging Face Hub is not supported
        3 |   - model: { model: { path: a }, lora: { path: b, revision: v2 } }"
    `);
    expect(
      refusal('merge_method: linear\nmodels:\n  - model: { model: { path: a, revision: v2 } }'),
    ).toMatchInlineSnapshot(`
      "MERGE_RECIPE_UNSUPPORTED: r.yaml:3:32: a revision on the Hugging Face Hub is not supported
        3 |   - model: { model: { path: a, revision: v2 } }"
    `);
    expect(refusal('merge_method: magic\nmodels: [{ model: a }]')).toMatchInlineSnapshot(`
      "MERGE_METHOD_UNKNOWN: r.yaml:1:1: there is no merge method "magic"
        1 | merge_method: magic"
    `);
    expect(
      refusal('merge_method: linear\nmodels: [{ model: a }]\nchat_template: alpaca'),
    ).toMatchInlineSnapshot(`
      "MERGE_RECIPE_UNSUPPORTED: r.yaml:3:1: the built-in chat template "alpaca" is not supported
        3 | chat_template: alpaca"
    `);
  });

  test('because it is wrong, with the line', () => {
    expect(refusal('merge_method: linear\nmodels: [{ model: a }]\nparamters: {}')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:3:1: the file has an unknown key "paramters"
        3 | paramters: {}"
    `);
    expect(refusal('merge_method: linear')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:1:1: a recipe has exactly one of models, slices and modules
        1 | merge_method: linear"
    `);
    expect(refusal('merge_method: linear\nmodels: [{ model: a }]\ndtype: int8')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:3:1: "int8" is no floating-point dtype
        3 | dtype: int8"
    `);
    expect(
      refusal(
        'merge_method: linear\nslices:\n  - sources:\n      - { model: a, layer_range: [0, 2] }\n      - { model: b, layer_range: [0, 3] }',
      ),
    ).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:5:21: 3 layers, and 2 of the first source
        5 |       - { model: b, layer_range: [0, 3] }"
    `);
    expect(refusal('version: 1\nmodels: [a, b]\nparameters: { weight: [1, 2, 3] }')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:3:15: 3 values for 2 models; a gradient is written { gradient: [..] }
        3 | parameters: { weight: [1, 2, 3] }"
    `);
    expect(refusal('version: 1\nmodels: [a, a]')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:2:13: a is named twice
        2 | models: [a, a]"
    `);
    expect(refusal('version: 1\nmodels: [a]\nrules: [{ match: x }]')).toMatchInlineSnapshot(`
      "MERGE_RECIPE_INVALID: r.yaml:3:9: a rule needs either method or take
        3 | rules: [{ match: x }]"
    `);
  });
});
