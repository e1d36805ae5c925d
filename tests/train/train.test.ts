import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluateModel } from '../../src/eval/evaluate.ts';
import { writeSafetensorsHeader } from '../../src/formats/safetensors/write-header.ts';
import { parseModelConfig } from '../../src/train/architectures/model-config.ts';
import { parseRecipe } from '../../src/train/recipe/parse-recipe.ts';
import type { EmbeddedRecipe } from '../../src/train/recipe/recipe.ts';
import { trainModel } from '../../src/train/train.ts';
import { writeInitialWeights } from '../../src/train/weights/initial-weights.ts';
import { type ReadTensor, readTensors } from '../testkit/read-tensors.ts';
import { QUARTERS_CONFIG, quartersRecipe, writeQuarters } from '../testkit/training.ts';
import { temporaryDirectory, testPorts } from '../testkit/world.ts';

const CONFIG = QUARTERS_CONFIG;

async function setUp(home: string, options: { readonly recipe?: string; readonly config?: string } = {}) {
  const ports = testPorts(home);
  const config = options.config ?? CONFIG;
  writeQuarters(join(home, 'data'), { train: 400, test: 200 });
  const modelPath = join(home, 'model.safetensors');
  const { parameters } = parseModelConfig(config).network;
  await writeInitialWeights(ports.fs, modelPath, { parameters, seed: 1 });
  const recipe = parseRecipe(quartersRecipe('data', options.recipe), 'recipe.yaml') as EmbeddedRecipe;
  const train = (changes: Partial<EmbeddedRecipe>, name: string, seed?: number) =>
    trainModel({
      ports,
      modelPath,
      outputPath: join(home, name),
      config,
      root: home,
      recipe: { ...recipe, ...changes },
      ...(seed === undefined ? {} : { seed }),
    });
  const bytes = (name: string): Buffer => readFileSync(join(home, name));
  return { ports, config, modelPath, train, bytes, data: join(home, 'data') };
}

test('training learns, and evaluation knows it', async () => {
  await using home = await temporaryDirectory();
  const { ports, config, modelPath, train, data } = await setUp(home.path);
  const result = await train({}, 'trained.safetensors');
  expect(result).toMatchObject({ steps: 120, seed: 5, items: 400 });
  const source = { path: data, split: 'test' } as const;
  const request = { ports, config, task: 'image-classification', data: source };
  const before = await evaluateModel({ ...request, modelPath });
  const after = await evaluateModel({ ...request, modelPath: join(home.path, 'trained.safetensors') });
  expect(before.metrics.accuracy).toBeLessThan(0.6);
  expect(after.metrics.accuracy).toBeGreaterThan(0.85);
  expect(after.items).toHaveLength(200);
  expect(after.items[199]).toMatchObject({ id: 'test/199', correct: expect.any(Boolean) });
  const correct = after.items.filter(item => item.correct).length;
  expect(after.metrics.accuracy).toBeCloseTo(correct / 200, 12);
  expect(after.dataDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test.each(['sgd', 'adamw'])('%s gives the same bytes again, with any number of threads', async name => {
  await using home = await temporaryDirectory();
  const config = JSON.stringify({ architecture: 'mlp', layers: [36, 200, 150, 4] });
  const { train, bytes } = await setUp(home.path, { config });
  const optimizer = {
    name,
    learning_rate: 0.01,
    weight_decay: 0.01,
    schedule: 'cosine',
    warmup_steps: 5,
  } as const;
  await train({ optimizer, steps: 20, threads: 1 }, 'one');
  await train({ optimizer, steps: 20, threads: 1 }, 'again');
  await train({ optimizer, steps: 20, threads: 2 }, 'two');
  await train({ optimizer, steps: 20, threads: 5 }, 'five');
  for (const other of ['again', 'two', 'five']) expect(bytes(other).equals(bytes('one'))).toBe(true);
  await train({ optimizer, steps: 20 }, 'seeded', 77);
  expect(bytes('seeded').equals(bytes('one'))).toBe(false);
});

test('everything but the trained tensors stays byte for byte, whatever their dtype', async () => {
  await using home = await temporaryDirectory();
  const config = '{"architecture":"mlp","layers":[36,16,4]}';
  const { modelPath, train, bytes } = await setUp(home.path, { config });
  const shapes = {
    'fc2.weight': [4, 16],
    'extra.counter': [],
    'fc1.weight': [16, 36],
    'fc1.bias': [16],
    'fc2.bias': [4],
  };
  const dtype = (name: string) => (name === 'extra.counter' ? 'I64' : name === 'fc1.weight' ? 'F16' : 'BF16');
  const specs = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: dtype(name) }) as const);
  const header = writeSafetensorsHeader(specs, { note: 'kept' });
  const file = Buffer.alloc(header.size, 0x3c); // 0x3c3c is a small positive number in F16 and BF16.
  file.set(header.bytes);
  writeFileSync(modelPath, file);
  await train({ steps: 3 }, 'out');
  const out = bytes('out');
  expect(out.subarray(0, header.bytes.length).equals(Buffer.from(header.bytes))).toBe(true);
  for (const { name, offset, length } of header.tensors) {
    const isSame = out.subarray(offset, offset + length).equals(file.subarray(offset, offset + length));
    expect(isSame, name).toBe(name === 'extra.counter');
  }
});

test('frozen parameters stay as they are', async () => {
  await using home = await temporaryDirectory();
  const { train, bytes } = await setUp(home.path);
  await train({ steps: 3, freeze: ['fc2.*'] }, 'out');
  const [before, after] = [readTensors(bytes('model.safetensors')), readTensors(bytes('out'))];
  const isSame = ([name, { bytes }]: [string, ReadTensor]) =>
    Buffer.compare(bytes, before.get(name)?.bytes ?? bytes.subarray(1)) === 0;
  const [same, changed] = [[...after].filter(isSame), [...after].filter(tensor => !isSame(tensor))];
  expect(same.map(([name]) => name)).toEqual(['fc2.weight', 'fc2.bias']);
  expect(changed.map(([name]) => name)).toEqual(['fc1.weight', 'fc1.bias']);
  await expect(train({ freeze: ['fc9.*'] }, 'never')).rejects.toMatchObject({
    code: 'FREEZE_UNMATCHED',
    hint: 'parameters are fc1.weight, fc1.bias, fc2.weight, fc2.bias',
  });
  await expect(train({ freeze: ['*'] }, 'never')).rejects.toMatchObject({ code: 'FREEZE_EVERYTHING' });
});

test('what does not fit is refused by name', async () => {
  await using home = await temporaryDirectory();
  const { ports, config, modelPath, train, data } = await setUp(home.path);
  const evaluate = (changes: object) =>
    evaluateModel({
      ports,
      config,
      modelPath,
      task: 'image-classification',
      data: { path: data, split: 'test' },
      ...changes,
    });
  const named = (code: string, text: string) => ({ code, message: expect.stringContaining(text) });
  const layers = (...sizes: number[]) => ({ config: JSON.stringify({ architecture: 'mlp', layers: sizes }) });
  await expect(evaluate(layers(36, 17, 4))).rejects.toMatchObject(
    named('TENSOR_SHAPE', 'fc1.weight has shape [16,36]'),
  );
  await expect(evaluate(layers(36, 16, 4, 4))).rejects.toMatchObject(
    named('TENSOR_MISSING', 'no tensor fc3.weight'),
  );
  await expect(evaluate(layers(35, 16, 4))).rejects.toMatchObject(named('DATA_SHAPE', '[1,6,6]'));
  await expect(evaluate(layers(36, 16, 3))).rejects.toMatchObject(named('DATA_LABEL', 'has the label 3'));
  await expect(evaluate({ config: '{"architecture":"gpt9"}' })).rejects.toMatchObject(
    named('ARCHITECTURE_UNKNOWN', 'gpt9'),
  );
  await expect(
    evaluate({ config: '{"architecture":"mlp","layers":[36,4],"dropout":1}' }),
  ).rejects.toMatchObject(named('CONFIG_INVALID', 'unknown key "dropout"'));
  await expect(evaluate({ task: 'translation' })).rejects.toMatchObject(named('TASK_UNKNOWN', 'translation'));
  await expect(evaluate({ data: { path: join(home.path, 'nowhere'), split: 'test' } })).rejects.toMatchObject(
    named('DATA_MISSING', 'nowhere'),
  );
  const optimizer = { name: 'sgd', learning_rate: 1e30 };
  await expect(train({ optimizer }, 'never')).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' });
});

test('a provider that is not here is an error, never a fallback', async () => {
  await using home = await temporaryDirectory();
  const { train } = await setUp(home.path);
  await expect(train({ provider: 'elsewhere' as 'cuda', steps: 1 }, 'never')).rejects.toMatchObject({
    code: 'PROVIDER_MISSING',
  });
});

test('an aborted run writes nothing', async () => {
  await using home = await temporaryDirectory();
  const { ports, config, modelPath } = await setUp(home.path);
  const recipe = parseRecipe(quartersRecipe('data'), 'recipe.yaml') as EmbeddedRecipe;
  const abort = new AbortController();
  const outputPath = join(home.path, 'never');
  const run = trainModel({
    ports,
    config,
    modelPath,
    outputPath,
    recipe,
    root: home.path,
    signal: abort.signal,
    onEvent: event => event.type === 'progress' && event.done === 3 && abort.abort(new Error('stop')),
  });
  await expect(run).rejects.toThrow('stop');
  await expect(ports.fs.stat(outputPath)).rejects.toMatchObject({ code: 'ENOENT' });
});
