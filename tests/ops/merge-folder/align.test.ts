import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../../src/cli/context.ts';
import { evaluateModel } from '../../../src/eval/evaluate.ts';
import { alignModel } from '../../../src/ops/merge-folder/align.ts';
import { mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { parseModelConfig } from '../../../src/train/architectures/model-config.ts';
import { parseRecipe } from '../../../src/train/recipe/parse-recipe.ts';
import type { EmbeddedRecipe } from '../../../src/train/recipe/recipe.ts';
import { trainModel } from '../../../src/train/train.ts';
import { writeInitialWeights } from '../../../src/train/weights/initial-weights.ts';
import { writeModelFolder } from '../../testkit/model-folder.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { quartersRecipe, writeQuarters } from '../../testkit/training.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/world.ts';

const ports = nodePorts();
const CONFIG = JSON.stringify({
  architecture: 'mlp',
  layers: [36, 48, 24, 4],
  input: { mean: [0.5], std: [0.25] },
});
let place: TemporaryDirectory;
const at = (...names: readonly string[]): string => join(place.path, ...names);

/** A model that is trained from a beginning of its own. */
async function trained(name: string, seed: number): Promise<void> {
  mkdirSync(at(name));
  writeFileSync(at(name, 'config.json'), CONFIG);
  const path = at(name, 'model.safetensors');
  await writeInitialWeights(ports.fs, path, {
    parameters: parseModelConfig(CONFIG).network.parameters,
    seed,
  });
  const recipe = parseRecipe(quartersRecipe('data'), 'recipe.yaml') as EmbeddedRecipe;
  await trainModel({
    ports,
    modelPath: path,
    outputPath: path,
    config: CONFIG,
    root: place.path,
    recipe,
    seed,
  });
}

beforeAll(async () => {
  place = await temporaryDirectory();
  writeQuarters(at('data'), { train: 600, test: 400 });
  await trained('a', 1);
  await trained('b', 2);
});
afterAll(() => place[Symbol.asyncDispose]());

async function evaluated(name: string) {
  const data = { path: at('data'), split: 'test' } as const;
  return evaluateModel({
    ports,
    modelPath: at(name, 'model.safetensors'),
    config: CONFIG,
    task: 'image-classification',
    data,
  });
}

async function averaged(other: string, out: string): Promise<number> {
  writeFileSync(at(`${out}.yaml`), `version: 1\nmodels: [a, ${other}]\nmethod: linear\n`);
  await mergeToFolder(ports, { cwd: place.path, recipe: `${out}.yaml`, out });
  return (await evaluated(out)).metrics.accuracy ?? Number.NaN;
}

test('an aligned model answers as before, and can be averaged with what it is aligned to', async () => {
  const aligned = await alignModel(ports, { cwd: place.path, model: 'b', to: 'a', out: 'b-aligned' });
  expect(aligned.groups.map(({ group, units }) => [group, units])).toEqual([
    ['fc1', 48],
    ['fc2', 24],
  ]);
  expect(aligned.groups.every(({ before, after, moved }) => after > before && moved > 0)).toBe(true);
  const [before, after] = [await evaluated('b'), await evaluated('b-aligned')];
  expect(after.metrics.accuracy).toBe(before.metrics.accuracy);
  for (const [index, { loss }] of after.items.entries())
    expect(loss).toBeCloseTo(before.items[index]?.loss ?? 0, 4);
  const own = before.metrics.accuracy ?? 0;
  const [plain, matched] = [await averaged('b', 'plain'), await averaged('b-aligned', 'matched')];
  expect(own).toBeGreaterThan(0.8);
  expect(plain).toBeLessThan(own - 0.05);
  expect(matched).toBeGreaterThan(plain + 0.05);
});

test('the same model is given back bit by bit for the same seed, and itself needs no other order', async () => {
  const request = { cwd: place.path, model: 'b', to: 'a', seed: 3 };
  await alignModel(ports, { ...request, out: 'one.safetensors' });
  await alignModel(ports, { ...request, out: 'two.safetensors' });
  expect(readFileSync(at('one.safetensors')).equals(readFileSync(at('two.safetensors')))).toBe(true);
  const same = await alignModel(ports, { cwd: place.path, model: 'a', to: 'a', out: 'same' });
  expect(same.groups.every(({ moved }) => moved === 0)).toBe(true);
  expect(readFileSync(at('same', 'config.json'), 'utf8')).toBe(CONFIG);
});

test('permutations may be said in a file, and elements keep their bytes', async () => {
  const tensors = (order: readonly number[]) => ({
    'in.w': { shape: [3, 2], values: order.flatMap(unit => [unit + 1, 10 * unit]), dtype: 'BF16' as const },
    'out.w': {
      shape: [2, 3],
      values: [...order.map(unit => unit - 5), ...order.map(unit => 2 * unit)],
      dtype: 'BF16' as const,
    },
  });
  writeModelFolder(at('x'), tensors([0, 1, 2]));
  writeModelFolder(at('y'), tensors([2, 0, 1]));
  writeFileSync(
    at('p.yaml'),
    'version: 1\ngroups:\n  - axes: [{ tensor: in.w, axis: 0 }, { tensor: out.w, axis: 1 }]\n',
  );
  const request = { cwd: place.path, model: 'y', to: 'x', out: 'y-aligned' };
  await expect(alignModel(ports, request)).rejects.toMatchObject({ code: 'ALIGN_NOTHING' });
  await alignModel(ports, { ...request, permutations: 'p.yaml' });
  const read = (name: string) => readTensors(readFileSync(at(name, 'model.safetensors')));
  expect(read('y-aligned')).toEqual(read('x'));
});

test.each([
  ['ALIGN_MISMATCH', { to: 'x' }, undefined],
  ['MODEL_NOT_FOUND', { to: 'nothing' }, undefined],
  ['OUTPUT_EXISTS', { out: 'a' }, undefined],
  ['PERMUTATIONS_INVALID', { permutations: 'nothing.yaml' }, undefined],
  [
    'PERMUTATIONS_INVALID',
    { permutations: 'bad.yaml' },
    'version: 1\ngroups: [{ axes: [{ tensor: a, axis: 0 }] }]\n',
  ],
  [
    'PERMUTATIONS_INVALID',
    { permutations: 'bad.yaml' },
    'version: 1\ngroups: [{ axes: [{ tensor: a, axis: 0, optional: true }, { tensor: b, axis: 0 }] }]\n',
  ],
  [
    'ALIGN_TOO_LARGE',
    { model: 'large', to: 'large', permutations: 'bad.yaml' },
    'version: 1\ngroups: [{ axes: [{ tensor: l, axis: 0 }, { tensor: m, axis: 0 }] }]\n',
  ],
] as const)('%s: %o', async (code, more, text) => {
  if (text) writeFileSync(at('bad.yaml'), text);
  const values = new Array<number>(4097).fill(0);
  writeModelFolder(at('large'), { l: { shape: [4097], values }, m: { shape: [4097], values } });
  await expect(
    alignModel(ports, { cwd: place.path, model: 'b', to: 'a', out: 'refused', ...more }),
  ).rejects.toMatchObject({ code });
});
