import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { loadImages } from '../../../src/train/data/load-images.ts';
import { solveCoefficients } from '../../../src/train/measure/coefficients.ts';
import { measureFisher } from '../../../src/train/measure/fisher.ts';
import { measureGrams } from '../../../src/train/measure/gram.ts';
import type { MeasureOptions } from '../../../src/train/measure/measured-model.ts';
import { embeddedFiles, tinyModel } from '../../testkit/embedded-gate.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/world.ts';

const fs = nodeFileSystem();
const CONFIG = JSON.stringify({ architecture: 'mlp', layers: [4, 2] });
let place: TemporaryDirectory;
beforeAll(async () => {
  place = await temporaryDirectory();
  mkdirSync(join(place.path, 'data'));
  for (const [name, content] of Object.entries(embeddedFiles()))
    if (name.startsWith('data/')) writeFileSync(join(place.path, name), content);
});
afterAll(() => place[Symbol.asyncDispose]());

function optionsFor(confidence: number, more: Partial<MeasureOptions> = {}): MeasureOptions {
  const modelPath = join(place.path, `model-${confidence}.safetensors`);
  writeFileSync(modelPath, tinyModel(confidence));
  const data = { path: join(place.path, 'data'), split: 'train' as const };
  const runtime = { provider: 'cpu' as const, threads: 1 };
  return { fs, modelPath, config: CONFIG, data, examples: 120, seed: 3, runtime, ...more };
}

/** All images, as the network sees them: from 0 to 1. */
async function inputs(options: MeasureOptions): Promise<readonly (readonly number[])[]> {
  const { pixels, count } = await loadImages(fs, options.data);
  return Array.from({ length: count }, (_, at) =>
    Array.from(pixels.subarray(at * 4, at * 4 + 4), pixel => pixel / 255),
  );
}

/** What the model thinks of class 0. */
function probability(confidence: number, [x = 0]: readonly number[]): number {
  return 1 / (1 + Math.exp(2 * confidence * x - confidence));
}

test('the Fisher information of a linear classifier is that of the textbook, of length 1', async () => {
  const options = optionsFor(4);
  const { values, dataDigest } = await measureFisher(options);
  const images = await inputs(options);
  const mean = (of: (x: readonly number[]) => number): number =>
    images.reduce((sum, x) => sum + of(x), 0) / images.length;
  const spread = (x: readonly number[]): number => probability(4, x) * (1 - probability(4, x));
  const expected = [0, 1].flatMap(() => [
    ...[0, 1, 2, 3].map(column => mean(x => spread(x) * (x[column] ?? 0) ** 2)),
    mean(spread),
  ]);
  const length = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0));
  for (const row of [0, 1])
    for (const column of [0, 1, 2, 3])
      expect(values.get('fc1.weight')?.[row * 4 + column]).toBeCloseTo((expected[column] ?? 0) / length, 5);
  expect(values.get('fc1.bias')?.[0]).toBeCloseTo(mean(spread) / length, 5);
  expect(dataDigest).toBe((await loadImages(fs, options.data)).digest);
});

test('products of inputs are their mean over full batches', async () => {
  const options = optionsFor(4, { examples: 64 });
  const { values } = await measureGrams(options);
  expect([...values.keys()]).toEqual(['fc1.weight']);
  const gram = values.get('fc1.weight') ?? new Float32Array();
  expect(gram).toHaveLength(16);
  expect(gram[1]).toBeCloseTo(gram[4] ?? 0, 6);
  const all = (await measureGrams(optionsFor(4, { examples: 120 }))).values.get('fc1.weight');
  const images = await inputs(options);
  const square = images.reduce((sum, x) => sum + (x[0] ?? 0) ** 2, 0) / images.length;
  expect(all?.[0]).toBeCloseTo(square, 1); // A full batch of the 120.
});

test('coefficients make the answers surer, and are the same for the same seed', async () => {
  const solve = () =>
    solveCoefficients({
      base: optionsFor(0.5),
      models: [optionsFor(3), optionsFor(2)],
      tensors: ['fc1.weight', 'fc1.bias'],
      steps: 30,
      rate: 0.02,
    });
  const first = await solve();
  expect(first.entropy.after).toBeLessThan(first.entropy.before * 0.9);
  expect(first.values.get('fc1.weight')?.every(value => value > 0.3)).toBe(true);
  expect(await solve()).toEqual(first);
});
