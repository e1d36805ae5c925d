import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPatch } from '../../../src/store/patches/read-patch.ts';
import { patchScene } from '../../testkit/patch-scene.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';

const SIDE = 128;
const BASE = weights(SIDE * SIDE, 1);

/** A matrix whose change has three directions, each a tenth of the one before, and a vector; with `tuned` 0 the base. */
function model(tuned: number): Uint8Array {
  const values = Float32Array.from(BASE);
  for (const [k, size] of [1, 0.1, 0.01].entries()) {
    const [left, right] = [weights(SIDE, 10 + k, 1), weights(SIDE, 20 + k, 1)];
    for (let at = 0; at < values.length; at++)
      values[at] =
        (values[at] ?? 0) + tuned * size * (left[Math.floor(at / SIDE)] ?? 0) * (right[at % SIDE] ?? 0);
  }
  return safetensorsFile([
    { name: 'w', dtype: 'F32', shape: [SIDE, SIDE], data: bytesOf(values) },
    { name: 'bias', dtype: 'F32', shape: [SIDE], data: bytesOf(weights(SIDE, tuned === 0 ? 2 : 3)) },
  ]);
}

async function modelScene() {
  const day = await patchScene();
  await day.mgit('switch', '-q', 'main');
  await day.write('m.safetensors', model(0));
  await day.mgit('commit', '-am', 'Base');
  await day.mgit('switch', '-c', 'tuned');
  await day.write('m.safetensors', model(1e-3));
  await day.mgit('commit', '-am', 'Tuned');
  return day;
}

test('factors stand for the change of a matrix, more of them for more of it; vectors are exact', async () => {
  await using day = await modelScene();
  const path = join(day.path, '..', 'tuned.mpatch');
  const create = async (...how: string[]) =>
    JSON.parse(await day.mgit('patch', 'create', 'main', ...how, '--json', '-o', path));
  const errorOf = (made: { models: { errors: { tensor: string; relativeL2: number }[] }[] }): number => {
    expect(made.models[0]?.errors).toEqual([{ tensor: 'w', relativeL2: expect.any(Number) }]);
    return made.models[0]?.errors[0]?.relativeL2 ?? Number.NaN;
  };
  const changesIn = async () =>
    (await readPatch(day.ports.fs, path)).header.commits.map(commit => commit.changes);
  const three = await create('--rank', '3');
  expect(errorOf(three)).toBeLessThan(1e-3);
  const changes = await changesIn();
  const one = await create('--rank', '1');
  expect(errorOf(one)).toBeGreaterThan(0.05);
  expect(errorOf(one)).toBeLessThan(0.2);
  expect(one.size).toBeLessThan(three.size);
  expect(one.records).toContainEqual(expect.objectContaining({ kind: 'lowRank', count: 1 }));
  expect(await day.mgit('patch', 'show', path)).toMatch(
    /^low-rank \(rank 1\) patch on [\s\S]*\n {2}w +\d\.\d\de-[12]/,
  );
  await create('--rank', '3');
  expect(await changesIn()).toEqual(changes); // A fixed seed.
});

test('a low-rank patch is a model of its own elsewhere, with the factors in its pack', async () => {
  await using day = await modelScene();
  const [base, path] = [join(day.path, '..', 'base.mpatch'), join(day.path, '..', 'tuned.mpatch')];
  await day.mgit('patch', 'create', 'main~1..main', '-o', base);
  await day.mgit('patch', 'create', 'main', '--rank', '3', '-o', path);
  for (const file of [base, path]) expect((await day.other('patch', 'apply', file)).stderr).toBe('');
  expect(await day.other('fsck')).toMatchObject({ exitCode: 0 });
  const made = await readFile(join(day.otherPath, 'm.safetensors'));
  expect(made).toHaveLength(model(1e-3).length);
  expect(made.includes(Buffer.from(bytesOf(weights(SIDE, 3))))).toBe(true);
  expect(made).not.toEqual(Buffer.from(model(0)));
});

test.each([['0'], ['1.5'], ['1025'], ['x'], ['1', '--sparse', '0.5'], ['1', '--lossless']])(
  'a rank of %j is refused',
  async (...rank) => {
    await using day = await patchScene();
    const run = await day.attempt('patch', 'create', 'main', '--rank', ...rank, '-o', 'p.mpatch');
    expect(run).toMatchObject({ exitCode: 2 });
  },
);
