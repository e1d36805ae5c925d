import { expect, test } from 'vitest';
import { safetensors } from '../../src/formats/safetensors/format.ts';
import { evaluateRecipe } from '../../src/merge/evaluate-recipe.ts';
import { executeFile } from '../../src/merge/execute.ts';
import type { MergeSettings } from '../../src/merge/merge-settings.ts';
import { planFile } from '../../src/merge/plan-file.ts';
import type { Manifest } from '../../src/store/manifest/manifest.ts';
import { deciding } from '../testkit/decide.ts';
import { digestOf, type MemoryStore, memoryStore } from '../testkit/memory-store.ts';
import { f32, safetensorsFile, type TensorWithData } from '../testkit/safetensors-file.ts';

type Values = Readonly<Record<string, readonly number[]>>;

function fileOf(values: Values, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const tensors = Object.entries(values).map(
    ([name, numbers]): TensorWithData => ({
      name,
      dtype: 'F32',
      shape: [numbers.length],
      data: f32(...numbers),
    }),
  );
  return new Uint8Array(safetensorsFile(tensors, metadata));
}

async function added(memory: MemoryStore, file: Uint8Array): Promise<Manifest> {
  const source = {
    size: file.length,
    read: async (at: number, length: number) => file.subarray(at, at + length),
  };
  return memory.add(file, await safetensors.parse(source));
}

async function merge(
  memory: MemoryStore,
  files: readonly Uint8Array[],
  settings: MergeSettings = {},
): Promise<Manifest> {
  const [base, ...models] = (await Promise.all(files.map(file => added(memory, file)))) as [
    Manifest,
    ...Manifest[],
  ];
  const plan = planFile({ base, models, decide: deciding(settings, models.length) });
  expect(plan.conflicts).toEqual([]);
  return (await executeFile(plan, { store: memory.store, writer: memory.store.writer() })).manifest;
}

test('the merged file has our skeleton and the merged values; only what was computed is new, as a recipe', async () => {
  const memory = memoryStore(evaluateRecipe);
  const metadata = { format: 'pt', note: 'ours' };
  const base = fileOf({ z: [1, 2], a: [3], same: [9] }, metadata);
  const ours = fileOf({ z: [2, 4], a: [3], same: [9] }, metadata);
  const theirs = fileOf({ z: [4, 8], a: [5], same: [9] }, metadata);
  const manifest = await merge(memory, [base, ours, theirs]);
  const merged = await memory.restore(manifest);
  expect(new Uint8Array(merged)).toEqual(fileOf({ z: [3, 6], a: [5], same: [9] }, metadata));
  expect([...memory.recipes.keys()]).toEqual([digestOf(f32(3, 6))]);
  expect([...memory.recipes.values()]).toMatchObject([
    { method: 'linear', kernels: 1, dtype: 'F32', length: 8, inputs: [{ length: 8 }, { length: 8 }] },
  ]);
});

test('a method with a base has it among its inputs', async () => {
  const memory = memoryStore(evaluateRecipe);
  const files = [fileOf({ w: [1, 1] }), fileOf({ w: [2, 1] }), fileOf({ w: [1, 5] })];
  const manifest = await merge(memory, files, { method: 'task_arithmetic' });
  expect(new Uint8Array(await memory.restore(manifest))).toEqual(fileOf({ w: [2, 5] }));
  expect([...memory.recipes.values()][0]).toMatchObject({
    inputs: { length: 3 },
    parameters: { base: 0, models: [1, 2] },
  });
});

test('added and removed tensors give a new header with our metadata and order', async () => {
  const memory = memoryStore(evaluateRecipe);
  const base = fileOf({ z: [1], gone: [2] }, { note: 'base' });
  const ours = fileOf({ z: [1], gone: [2], mine: [3], empty: [] }, { note: 'ours' });
  const theirs = fileOf({ z: [4], yours: [5] }, { note: 'theirs' });
  const manifest = await merge(memory, [base, ours, theirs]);
  expect(new Uint8Array(await memory.restore(manifest))).toEqual(
    fileOf({ z: [4], mine: [3], empty: [], yours: [5] }, { note: 'ours' }),
  );
});

test('the layout is theirs where only they changed it', async () => {
  const memory = memoryStore(evaluateRecipe);
  const base = fileOf({ a: [1], b: [1] });
  const ours = fileOf({ a: [2], b: [1] });
  const theirs = fileOf({ b: [3], a: [1] }, { note: 'theirs' });
  const manifest = await merge(memory, [base, ours, theirs]);
  expect(new Uint8Array(await memory.restore(manifest))).toEqual(
    fileOf({ b: [3], a: [2] }, { note: 'theirs' }),
  );
});

test('NaN and infinity are refused with the names of their tensors', async () => {
  const memory = memoryStore(evaluateRecipe);
  const files = [
    { a: [1], b: [1] },
    { a: [Number.NaN], b: [2] },
    { a: [2], b: [Infinity] },
  ].map(values => fileOf(values));
  await expect(merge(memory, files)).rejects.toMatchObject({
    code: 'MERGE_NON_FINITE',
    message: 'NaN or infinity in tensors to be averaged: a (1 in ours), b (1 in theirs)',
  });
  expect(memory.recipes.size).toBe(0);
});

test('a recipe of a method, kernels or shape that is not known is refused', async () => {
  const recipe = { method: 'linear', kernels: 1, dtype: 'F32', length: 4, inputs: [], parameters: {} };
  const run = async (changes: object) => {
    for await (const _ of evaluateRecipe({ ...recipe, ...changes }, async () => new Uint8Array())) return;
  };
  await expect(run({ method: 'mean' })).rejects.toMatchObject({ code: 'RECIPE_UNSUPPORTED' });
  await expect(run({ kernels: 2 })).rejects.toMatchObject({ code: 'RECIPE_UNSUPPORTED' });
  await expect(run({})).rejects.toMatchObject({ code: 'RECIPE_INVALID' });
  const parameters = { shape: [1], base: null, models: [3], values: {} };
  await expect(run({ parameters })).rejects.toMatchObject({ code: 'RECIPE_INVALID' });
});
