import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../../src/cli/context.ts';
import { extractAdapter } from '../../../src/ops/adapters/extract-adapter.ts';
import { type MergeAdaptersOptions, mergeAdapters } from '../../../src/ops/adapters/merge-adapters.ts';
import { numbersOf, weightTensor, writeAdapter } from '../../testkit/adapter.ts';
import { writeModelFolder } from '../../testkit/model-folder.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/world.ts';

const ports = nodePorts();
let place: TemporaryDirectory;
const LORA = { peft_type: 'LORA', lora_alpha: 8, target_modules: ['q'] };
const ADAPTERS = { a: { rank: 2, seed: 1 }, b: { rank: 3, seed: 5 } } as const;

function factors({ rank, seed }: { rank: number; seed: number }) {
  return [
    weightTensor('layer.q.lora_A.weight', [rank, 6], seed),
    weightTensor('layer.q.lora_B.weight', [5, rank], seed + 1),
  ] as const;
}

beforeAll(async () => {
  place = await temporaryDirectory();
  for (const [name, own] of Object.entries(ADAPTERS))
    await writeAdapter(join(place.path, name), { ...LORA, r: own.rank }, [
      ...factors(own),
      weightTensor('head.weight', [2, 2], own.seed),
    ]);
  await writeAdapter(
    join(place.path, 'turned'),
    { ...LORA, r: 2, fan_in_fan_out: true },
    factors(ADAPTERS.a),
  );
  await writeAdapter(join(place.path, 'other'), { ...LORA, r: 2 }, [
    weightTensor('layer.q.lora_A.weight', [2, 7], 1),
    factors(ADAPTERS.a)[1],
  ]);
});
afterAll(() => place[Symbol.asyncDispose]());

const merge = (out: string, more: Partial<MergeAdaptersOptions> = {}) =>
  mergeAdapters(ports, { cwd: place.path, adapters: ['a', 'b'], out, method: 'cat', ...more });

/** The numbers of an adapter's tensors, by their names. */
function tensorsOf(folder: string): Readonly<Record<string, Float32Array>> {
  const read = readTensors(readFileSync(join(place.path, folder, 'adapter_model.safetensors')));
  return Object.fromEntries(
    [...read].map(([name, { bytes }]) => [name, new Float32Array(bytes.slice().buffer)]),
  );
}

/** B A of an adapter's folder, with the scale that its config says. */
function change(folder: string): readonly number[] {
  const tensors = tensorsOf(folder);
  const config = JSON.parse(readFileSync(join(place.path, folder, 'adapter_config.json'), 'utf8'));
  const numbers = (side: string): Float32Array =>
    tensors[`base_model.model.layer.q.lora_${side}.weight`] ?? new Float32Array();
  const [a, b, rank] = [numbers('A'), numbers('B'), config.rank_pattern?.['layer.q'] ?? config.r];
  const scale = config.lora_alpha / rank;
  return Array.from({ length: 30 }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (b[Math.floor(at / 6) * rank + k] ?? 0) * (a[k * 6 + (at % 6)] ?? 0);
    return scale * sum;
  });
}

async function weightedSum(weights: readonly number[]): Promise<readonly number[]> {
  const changes = [await change('a'), await change('b')];
  return (changes[0] ?? []).map((_, at) =>
    weights.reduce((sum, weight, side) => sum + weight * (changes[side]?.[at] ?? 0), 0),
  );
}

test('cat is the sum of the changes, whatever their ranks, and whole tensors are averaged', async () => {
  const merged = await merge('cat', { weights: [0.5, 2] });
  expect(merged).toMatchObject({
    modules: [{ module: 'layer.q', rank: 5, lost: 0 }],
    averaged: ['head.weight'],
  });
  const wanted = await weightedSum([0.5, 2]);
  for (const [at, value] of (await change('cat')).entries()) expect(value).toBeCloseTo(wanted[at] ?? 0, 6);
  const head = tensorsOf('cat')['base_model.model.head.weight'];
  const [first, second] = [1, 5].map(seed => numbersOf(weightTensor('head.weight', [2, 2], seed)));
  expect(head?.[0]).toBeCloseTo(0.2 * (first?.[0] ?? 0) + 0.8 * (second?.[0] ?? 0), 6);
});

test('svd keeps the sum in the full rank, and says what a smaller one loses', async () => {
  expect(await merge('svd5', { method: 'svd', rank: 5 })).toMatchObject({ modules: [{ rank: 5, lost: 0 }] });
  const wanted = await weightedSum([1, 1]);
  for (const [at, value] of (await change('svd5')).entries()) expect(value).toBeCloseTo(wanted[at] ?? 0, 5);
  const [module] = (await merge('svd1', { method: 'svd', rank: 1 })).modules;
  expect(module?.rank).toBe(1);
  expect(module?.lost).toBeGreaterThan(0.01);
});

test('knots of an adapter with itself is that adapter', async () => {
  await merge('same', { adapters: ['a', 'a'], method: 'knots' });
  const wanted = await change('a');
  for (const [at, value] of (await change('same')).entries()) expect(value).toBeCloseTo(wanted[at] ?? 0, 5);
});

test.each([
  ['ADAPTER_MISMATCH', { method: 'linear' }],
  ['ADAPTER_MISMATCH', { adapters: ['a', 'other'] }],
  ['ADAPTER_MISSING', { adapters: ['a', 'nothing'] }],
  ['ADAPTER_UNSUPPORTED', { adapters: ['a', 'turned'] }],
  ['MERGE_PARAMETER_INVALID', { weights: [1, 2, 3] }],
  ['MERGE_PARAMETER_INVALID', { method: 'linear', adapters: ['a', 'a'], weights: [1, -1] }],
  ['MERGE_PARAMETER_UNKNOWN', { rank: 2 }],
  ['MERGE_PARAMETER_UNKNOWN', { method: 'svd', density: 0.5 }],
  ['OUTPUT_EXISTS', { out: 'a' }],
] as const)('%s: %o', async (code, more) => {
  await expect(merge('refused', more)).rejects.toMatchObject({ code });
});

test('an extracted adapter is what a model gained, and says what it does not have', async () => {
  const base = {
    'l.weight': { shape: [8, 6], values: Array.from({ length: 48 }, (_, at) => Math.sin(at)) },
    'n.weight': { shape: [6], values: [1, 2, 3, 4, 5, 6] },
    position_ids: { shape: [2], values: [0, 1] },
  };
  const gained = Array.from({ length: 48 }, (_, at) => ((at % 6) - 2.5) * (Math.floor(at / 6) - 3) * 0.125);
  writeModelFolder(join(place.path, 'base'), base);
  writeModelFolder(join(place.path, 'tuned'), {
    'l.weight': {
      shape: [8, 6],
      values: base['l.weight'].values.map((value, at) => value + (gained[at] ?? 0)),
    },
    'n.weight': { shape: [6], values: [1, 2, 3, 4, 5, 7] },
    position_ids: { shape: [2], values: [0, 2] },
  });
  const request = { cwd: place.path, base: 'base', model: 'tuned', rank: 2 };
  const extracted = await extractAdapter(ports, { ...request, out: 'lora' });
  expect(extracted).toMatchObject({
    modules: [{ module: 'l', rank: 2 }],
    whole: ['n.weight'],
    leftOut: ['position_ids'],
  });
  expect(extracted.modules[0]?.lost).toBeLessThan(1e-9);
  const tensors = tensorsOf('lora');
  const [a, b] = [tensors['base_model.model.l.lora_A.weight'], tensors['base_model.model.l.lora_B.weight']];
  const made = Array.from({ length: 48 }, (_, at) =>
    [0, 1].reduce((sum, k) => sum + (b?.[Math.floor(at / 6) * 2 + k] ?? 0) * (a?.[k * 6 + (at % 6)] ?? 0), 0),
  );
  for (const [at, value] of gained.entries()) expect(made[at]).toBeCloseTo(value, 5);
  const config = JSON.parse(readFileSync(join(place.path, 'lora', 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({
    peft_type: 'LORA',
    r: 2,
    lora_alpha: 2,
    target_modules: ['l'],
    modules_to_save: ['n'],
  });
  await expect(extractAdapter(ports, { ...request, model: 'base', out: 'none' })).rejects.toMatchObject({
    code: 'ADAPTER_EMPTY',
  });
  await expect(extractAdapter(ports, { ...request, match: ['x*'], out: 'none' })).rejects.toMatchObject({
    code: 'ADAPTER_EMPTY',
  });
});
