import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numbersOf, weightTensor, writeAdapter } from '../../testkit/adapter.ts';
import { encodeElements } from '../../testkit/float-elements.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { safetensorsFile, type TensorWithData } from '../../testkit/safetensors-file.ts';
import { type Scene, scene } from '../../testkit/scene.ts';

const QUERY = weightTensor('body.layer.0.query.weight', [48, 32], 1);
const BIAS = weightTensor('body.layer.0.query.bias', [48], 2);
const EMBEDDING = weightTensor('body.embed.weight', [40, 32], 3);
const BASE = [EMBEDDING, BIAS, QUERY];
const LORA = { peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: ['query'] };
const FACTORS = [
  weightTensor('body.layer.0.query.lora_A.weight', [4, 32], 5),
  weightTensor('body.layer.0.query.lora_B.weight', [48, 4], 6),
];

const inDtype = (dtype: 'BF16' | 'F16', tensor: TensorWithData): TensorWithData => ({
  ...tensor,
  dtype,
  data: encodeElements(dtype, [...numbersOf(tensor)]),
});

interface AdaptedCase {
  readonly base: readonly TensorWithData[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly adapter: readonly TensorWithData[];
}

/** A repository with the model committed, and beside it the model as base/ and the adapter as lora/. */
async function adapterScene({ base, config, adapter }: AdaptedCase): Promise<Scene> {
  const day = await scene();
  const file = safetensorsFile(base, { format: 'pt' });
  await mkdir(join(day.path, '../base'));
  await writeFile(join(day.path, '../base/model.safetensors'), file);
  await writeAdapter(join(day.path, '../lora'), config, adapter);
  await day.mgit('track', '*.safetensors');
  await day.write('model.safetensors', file);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Base');
  return day;
}

async function merge(day: Scene, recipe: string, ...more: readonly string[]) {
  await writeFile(join(day.path, '../r.yaml'), recipe);
  return day.attempt('merge', '--recipe', '../r.yaml', '--out', '../out', ...more);
}

const tensorsIn = async (day: Scene, file: string) => readTensors(await day.read(file));
const PASSED = 'merge_method: passthrough\nmodels: [{ model: ../base+../lora }]\n';

describe('a model with an adapter in a recipe is what commit --adapter makes of it', () => {
  const turned = weightTensor('body.layer.0.query.weight', [32, 48], 1);
  const large = weightTensor('body.layer.0.query.weight', [1100, 1024], 1);
  const bare = (tensor: TensorWithData) => ({ ...tensor, name: tensor.name.replace('body.', '') });
  const head = weightTensor('head.weight', [4, 48], 9);
  const cases: Readonly<Record<string, AdaptedCase>> = {
    'LoRA in F32, with a new head and a trained bias': {
      base: BASE,
      config: { ...LORA, bias: 'all', modules_to_save: ['head'] },
      adapter: [...FACTORS, weightTensor('body.layer.0.query.base_layer.bias', [48], 8), head],
    },
    'LoRA in BF16 and of the body alone, whose bias is rounded': {
      base: BASE.map(tensor => bare(inDtype('BF16', tensor))),
      config: { ...LORA, bias: 'all', use_rslora: true },
      adapter: [...FACTORS, weightTensor('body.layer.0.query.base_layer.bias', [48], 8)],
    },
    'factors in F16, of an embedding and of weights with inputs first': {
      base: [EMBEDDING, turned],
      config: { ...LORA, fan_in_fan_out: true },
      adapter: [
        ...FACTORS,
        weightTensor('body.embed.lora_embedding_A', [4, 40], 7),
        weightTensor('body.embed.lora_embedding_B', [32, 4], 8),
      ].map(tensor => inDtype('F16', tensor)),
    },
    'a matrix that is read in several parts': {
      base: [large],
      config: LORA,
      adapter: [
        weightTensor('body.layer.0.query.lora_A.weight', [4, 1024], 5),
        weightTensor('body.layer.0.query.lora_B.weight', [1100, 4], 6),
      ],
    },
    IA3: {
      base: BASE,
      config: { peft_type: 'IA3', target_modules: ['query'], feedforward_modules: [] },
      adapter: [weightTensor('body.layer.0.query.ia3_l', [48, 1], 11)],
    },
  };

  test.each(Object.entries(cases))('%s', async (_, given) => {
    await using day = await adapterScene(given);
    expect((await merge(day, PASSED)).stderr).toBe('');
    const made = await tensorsIn(day, '../out/model.safetensors');
    const before = await tensorsIn(day, 'model.safetensors');
    await day.mgit('commit', '--adapter', '../lora');
    const committed = await tensorsIn(day, 'model.safetensors');
    expect([...made.keys()].sort()).toEqual([...committed.keys()].sort());
    for (const [name, tensor] of committed) expect(made.get(name), name).toEqual(tensor);
    expect(made).not.toEqual(before);
  });
});

test('adapted models are merged like others, in either form of a recipe', async () => {
  await using day = await adapterScene({ base: BASE, config: LORA, adapter: FACTORS });
  await merge(day, PASSED);
  await rename(join(day.path, '../out'), join(day.path, '../adapted'));
  const mergekit =
    'merge_method: task_arithmetic\nbase_model: ../base\nmodels:\n' +
    '  - model: { model: { path: ../base }, lora: { path: ../lora } }\n    parameters: { weight: 0.25 }\n';
  await merge(day, mergekit);
  const fromRecipe = await day.read('../out/model.safetensors');
  expect(JSON.parse(`${await day.read('../out/mgit_merge.json')}`).inputs).toMatchObject([
    { name: '../base' },
    {
      name: '../base+../lora',
      files: [
        { name: 'model.safetensors' },
        { name: 'adapter_config.json' },
        { name: 'adapter_model.safetensors' },
      ],
    },
  ]);
  expect(`${await day.read('../out/README.md')}`).toContain('- `base + lora`');
  const own = (model: string): string =>
    `version: 1\nbase: ../base\nmodels: [${model}]\nmethod: task_arithmetic\nparameters: { weight: 0.25 }\n`;
  for (const model of ['../base+../lora', '../adapted']) {
    await merge(day, own(model), '--force');
    expect((await day.read('../out/model.safetensors')).equals(fromRecipe)).toBe(true);
  }
});

test('a folder whose name has a plus is a folder', async () => {
  await using day = await adapterScene({ base: BASE, config: LORA, adapter: FACTORS });
  await rename(join(day.path, '../base'), join(day.path, '../base+v2'));
  await merge(day, 'version: 1\nmodels: [../base+v2]\n');
  expect((await tensorsIn(day, '../out/model.safetensors')).get(QUERY.name)?.bytes).toEqual(QUERY.data);
  expect((await merge(day, 'version: 1\nmodels: [../base+v2+../lora]\n', '--force')).stderr).toBe('');
  expect((await tensorsIn(day, '../out/model.safetensors')).get(QUERY.name)?.bytes).not.toEqual(QUERY.data);
});

test('a dry run counts the memory of factors', async () => {
  await using day = await adapterScene({ base: BASE, config: LORA, adapter: FACTORS });
  const memory = async (model: string) =>
    Number(
      (
        (await merge(day, `version: 1\nmodels: [${model}]\n`, '--dry-run', '--json')).json() as {
          memory: number;
        }
      ).memory,
    );
  expect((await memory('../base+../lora')) - (await memory('../base'))).toBe((48 + 32) * 4 * 4 * 3);
});

describe('what commit --adapter refuses is refused in a recipe', () => {
  test.each([
    ['ADAPTER_MISSING', 'nothing', {}, FACTORS],
    ['ADAPTER_UNSUPPORTED', 'lora', { use_dora: true }, FACTORS],
    ['ADAPTER_INVALID', 'lora', { r: 7 }, FACTORS],
    [
      'ADAPTER_MISMATCH',
      'lora',
      {},
      FACTORS.map(tensor => ({ ...tensor, name: `x.${tensor.name.slice(21)}` })),
    ],
    ['ADAPTER_UNSUPPORTED', 'lora', {}, FACTORS.map(tensor => ({ ...tensor, dtype: 'I32' as const }))],
  ] as const)('%s of %s %o', async (code, folder, settings, adapter) => {
    await using day = await adapterScene({ base: BASE, config: { ...LORA, ...settings }, adapter });
    const run = await merge(day, `merge_method: passthrough\nmodels: [{ model: ../base+../${folder} }]\n`);
    expect(run.stderr).toContain(`error[${code}]`);
    expect(run.exitCode).toBe(1);
  });

  test('weights that are no floats, and a model that is not there', async () => {
    const integers = { ...QUERY, dtype: 'I32' as const };
    await using day = await adapterScene({ base: [integers], config: LORA, adapter: FACTORS });
    expect((await merge(day, PASSED)).stderr).toContain(
      'error[ADAPTER_UNSUPPORTED]: adapters with weights of I32',
    );
    expect((await merge(day, PASSED.replace('../base+', '../none+'))).stderr).toContain(
      'error[MODEL_NOT_FOUND]: there is no model at "../none"',
    );
  });
});
