import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepLargest, largestChanges } from '../../../src/tensor/largest-changes.ts';
import { patchScene } from '../../testkit/patch-scene.ts';
import { collect } from '../../testkit/stores.ts';

const bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

test('the largest changes are kept, of equal ones the first, and the error is that of the rest', async () => {
  const values = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
    minLength: 1,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(values, fc.nat(), async (pairs, number) => {
      const keep = 1 + (number % pairs.length);
      const [base, target] = [pairs.map(([from]) => from), pairs.map(([, to]) => to)];
      const cut = 4 * Math.floor(pairs.length / 2);
      const pair = {
        dtype: 'F32' as const,
        read: async function* () {
          yield { base: bytes(base).subarray(0, cut), target: bytes(target).subarray(0, cut) };
          yield { base: bytes(base).subarray(cut), target: bytes(target).subarray(cut) };
        },
      };
      const kept = await largestChanges(pair, keep);
      const size = (at: number): number => Math.abs((target[at] ?? 0) - (base[at] ?? 0));
      const order = [...pairs.keys()].sort((a, b) => size(b) - size(a) || a - b).slice(0, keep);
      const expected = base.map((value, at) => (order.includes(at) ? (target[at] ?? 0) : value));
      expect(await collect(keepLargest(pair, kept))).toEqual(Buffer.from(bytes(expected)));
      const norm = (ats: readonly number[]): number =>
        Math.sqrt(ats.reduce((sum, at) => sum + size(at) ** 2, 0));
      const whole = norm([...pairs.keys()]);
      const left = norm([...pairs.keys()].filter(at => !order.includes(at)));
      expect(kept.relativeL2).toBeCloseTo(whole === 0 ? 0 : left / whole, 12);
    }),
    { numRuns: 100 },
  );
});

test('not a number counts as the largest change', async () => {
  const pair = {
    dtype: 'F32' as const,
    read: async function* () {
      yield { base: bytes([0, 0, 0]), target: bytes([5, Number.NaN, Number.POSITIVE_INFINITY]) };
    },
  };
  const kept = await largestChanges(pair, 1);
  expect(await collect(keepLargest(pair, kept))).toEqual(Buffer.from(bytes([0, Number.NaN, 0])));
  expect(kept.relativeL2).toBe(1);
});

test('a sparse patch is small, says how far it is off, and is a model of its own elsewhere', async () => {
  await using day = await patchScene();
  const path = join(day.path, '..', 'topic.mpatch');
  const before = await day.git('rev-parse', 'HEAD');
  const exact = JSON.parse(await day.mgit('patch', 'create', 'main', '--squash', '--json', '-o', path));
  const lossy = JSON.parse(
    await day.mgit('patch', 'create', 'main', '--sparse', '0.01', '--json', '-o', path),
  );
  expect(lossy.size).toBeLessThan(exact.size / 2);
  expect(lossy.records).toMatchObject([{ kind: 'sparse', count: 1 }]);
  expect(lossy.models[0].errors).toEqual([{ tensor: 'first.weight', relativeL2: expect.any(Number) }]);
  expect(lossy.models[0].errors[0].relativeL2).toBeGreaterThan(0.5);
  expect(await day.mgit('patch', 'show', path)).toMatch(/first\.weight +\d\.\d\de-1/);
  expect(await day.git('rev-parse', 'HEAD')).toBe(before);
  const applied = await day.other('patch', 'apply', path);
  expect(applied.stderr).toBe('');
  expect((await day.other('fsck')).exitCode).toBe(0);
  const model = await readFile(join(day.otherPath, 'm.safetensors'));
  expect(model).not.toEqual(await day.read('m.safetensors'));
  expect((await day.other('log', '--oneline')).stdout.trim().split('\n')).toHaveLength(2);
});

test.each(['0', '2', 'x', ''])('a density of %j is refused', async density => {
  await using day = await patchScene();
  const run = await day.attempt('patch', 'create', 'main', '--sparse', density, '-o', 'p.mpatch');
  expect(run.exitCode).toBe(2);
});
