import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { checkContents, checkStructures } from '../../../src/ops/maintenance/check-packs.ts';
import type { FsckProblem } from '../../../src/ops/maintenance/fsck-problem.ts';
import { storeDirectory, timedStore } from '../../testkit/aged-store.ts';
import { EXAMPLE_BASE, EXAMPLE_TUNED, examplePack } from '../../testkit/example-pack.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { bytesOf, collect, modelFile, noise, type TestStore, weights } from '../../testkit/stores.ts';

/** What fsck finds, as another process does. */
async function check(world: TestStore): Promise<readonly FsckProblem[]> {
  const store = world.again();
  const unreadable = await checkStructures({ store }, {});
  const view = store.maintenance.without(new Set(unreadable.map(({ pack }) => pack)));
  const local = { ports: world.ports, store: view, mgitDirectory: storeDirectory(world) };
  const problems = [...unreadable, ...(await checkContents(local, {}))];
  await view.close();
  await store.close();
  return problems;
}

async function onlyPack(world: TestStore): Promise<string> {
  const [id] = await world.store.listPacks();
  if (!id) throw new Error('there is no pack');
  return world.store.packPath(id);
}

async function withExample(): Promise<TestStore> {
  const world = await timedStore();
  const bytes = await examplePack();
  const path = `${world.path}/received`;
  await writeFile(path, bytes);
  const id = Buffer.from(bytes.subarray(-40, -8)).toString('hex');
  await world.store.importPack(id as never, path);
  return world;
}

function* flips(bytes: Uint8Array, bits: Iterable<number>): Generator<{ bit: number; flipped: Uint8Array }> {
  for (const bit of bits) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield { bit, flipped };
  }
}

const bitsOf = (bytes: Uint8Array): number[] => Array.from({ length: bytes.length * 8 }, (_, bit) => bit);

test('every flipped bit of a small pack is found', async () => {
  await using world = await withExample();
  expect(await check(world)).toEqual([]);
  const path = await onlyPack(world);
  const whole = await readFile(path);
  for (const { bit, flipped } of flips(whole, bitsOf(whole))) {
    await writeFile(path, flipped);
    expect((await check(world)).length, `bit ${bit}`).toBeGreaterThan(0);
  }
  await writeFile(path, whole);
  expect(await check(world)).toEqual([]);
});

test('a bit that is flipped before the first check is found, or changes nothing that is read', async () => {
  await using world = await withExample();
  const path = await onlyPack(world);
  const whole = await readFile(path);
  for (const { bit, flipped } of flips(
    whole,
    bitsOf(whole).filter(bit => bit % 7 === 0),
  )) {
    await writeFile(path, flipped);
    await world.ports.fs
      .removeDirectory(`${storeDirectory(world)}/oids`, { recursive: true })
      .catch(() => {});
    if ((await check(world)).length > 0) continue;
    const store = world.again();
    for (const bytes of [EXAMPLE_BASE, EXAMPLE_TUNED])
      expect(await collect(store.read(digestOf(bytes))), `bit ${bit}`).toEqual(Buffer.from(bytes));
    await store.close();
  }
});

test('flipped bits of larger packs are found, whatever codes them', async () => {
  await using world = await timedStore();
  const base = weights(60_000);
  const model = (data: Float32Array) =>
    modelFile([
      { name: 'w', dtype: 'F32', shape: [data.length], data: bytesOf(data) },
      { name: 'noise', dtype: 'U8', shape: [5000], data: noise(5000) },
    ]);
  const file = model(base);
  const { manifest } = await world.store.addFile(memoryByteSource(file.bytes), file.layout);
  const tuned = model(base.map(value => value + 1e-6));
  await world.store.addFile(memoryByteSource(tuned.bytes), tuned.layout, { base: manifest });
  expect(await check(world)).toEqual([]);
  for (const id of await world.store.listPacks()) {
    const path = world.store.packPath(id);
    const whole = await readFile(path);
    const random = new Uint32Array(noise(64, 5).buffer, 0, 16);
    const bits = [...random].map(value => value % (whole.length * 8));
    for (const { bit, flipped } of flips(whole, bits)) {
      await writeFile(path, flipped);
      const problems = await check(world);
      expect(
        problems.some(({ pack }) => pack === id),
        `bit ${bit}`,
      ).toBe(true);
    }
    await writeFile(path, whole);
  }
});
