import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { Collection } from '../../../src/store/maintenance/collect.ts';
import type { TensorStore } from '../../../src/store/tensor-store.ts';
import { addPack, agePacks, timedStore, twoWeeksAgo } from '../../testkit/aged-store.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { bytesOf, collect, listOf, modelFile, noise, weights } from '../../testkit/stores.ts';

const A = noise(9000, 1);
const B = noise(9000, 2);
const C = noise(9000, 3);
const BASE = weights(40_000);
const TUNED = bytesOf(BASE.map(value => value + 1e-6));

async function gc(
  store: TensorStore,
  reachable: readonly Uint8Array[],
  options: { readonly olderThan?: number; readonly dryRun?: boolean } = {},
): Promise<Collection> {
  const times = await store.maintenance.packTimes();
  const scope = {
    times,
    reachable: reachable.map(digestOf),
    olderThan: Number.POSITIVE_INFINITY,
    ...options,
  };
  return store.maintenance.collect(scope);
}

const has = (store: TensorStore, ...extents: readonly Uint8Array[]): Promise<boolean[]> =>
  Promise.all(extents.map(bytes => store.has(digestOf(bytes))));

/** Stores the fine-tune as an XOR against its base. */
async function addTuned(store: TensorStore): Promise<void> {
  const model = (data: Uint8Array) =>
    modelFile([{ name: 'w', dtype: 'F32', shape: [data.length / 4], data }]);
  const before = model(bytesOf(BASE));
  const base = await store.hashFile(memoryByteSource(before.bytes), before.layout);
  const after = model(TUNED);
  await store.addFile(memoryByteSource(after.bytes), after.layout, { base });
  expect(await store.describe(digestOf(TUNED))).toMatchObject({ kind: 'xor' });
}

test('what nothing reaches goes, and what shares a pack with it is moved', async () => {
  await using world = await timedStore();
  await addPack(world.store, A, B);
  await addPack(world.store, C);
  const { fates, removed, written } = await gc(world.store, [A]);
  expect(fates.map(({ fate }) => fate).sort()).toEqual(['removed', 'rewritten']);
  expect(removed).toHaveLength(2);
  expect(written).toHaveLength(1);
  for (const store of [world.store, world.again()]) {
    expect(await has(store, A, B, C)).toEqual([true, false, false]);
    expect(await collect(store.read(digestOf(A)))).toEqual(Buffer.from(A));
    expect(await listOf(store.verify())).toEqual([]);
  }
  expect(await gc(world.store, [A])).toMatchObject({ fates: [{ fate: 'used' }], removed: [], written: [] });
});

test('a pack of which little is dead stays as it is', async () => {
  await using world = await timedStore();
  await addPack(world.store, A, noise(500, 9));
  expect(await gc(world.store, [A])).toMatchObject({
    fates: [{ fate: 'used', deadExtents: 1 }],
    removed: [],
  });
});

test('a dry run changes nothing', async () => {
  await using world = await timedStore();
  await addPack(world.store, A, B);
  const { fates, removed } = await gc(world.store, [A], { dryRun: true });
  expect(fates).toMatchObject([{ fate: 'rewritten', deadExtents: 1 }]);
  expect(removed).toEqual([]);
  expect(await has(world.store, A, B)).toEqual([true, true]);
});

test('what a record is computed from is reached with it', async () => {
  await using world = await timedStore();
  const other = noise(90_000, 4);
  await addPack(world.store, bytesOf(BASE), other);
  await addTuned(world.store);
  await gc(world.store, [TUNED]);
  expect(await has(world.store, TUNED, bytesOf(BASE), other)).toEqual([true, true, false]);
  expect(await collect(world.store.read(digestOf(TUNED)))).toEqual(Buffer.from(TUNED));
});

test('what is young stays, with all that it needs', async () => {
  await using world = await timedStore();
  await addPack(world.store, bytesOf(BASE));
  await addPack(world.store, C);
  await agePacks(world, world.store);
  await addTuned(world.store);
  const { removed } = await gc(world.store, [], { olderThan: twoWeeksAgo() });
  expect(removed).toHaveLength(1);
  expect(await has(world.store, TUNED, bytesOf(BASE), C)).toEqual([true, true, false]);
});

test('an old pack counts as young again when something new is the same', async () => {
  await using world = await timedStore();
  await addPack(world.store, A);
  await agePacks(world, world.store);
  await addPack(world.store, A);
  expect(await world.store.listPacks()).toHaveLength(1);
  await gc(world.store, [], { olderThan: twoWeeksAgo() });
  expect(await has(world.store, A)).toEqual([true]);
});

test('who reads a pack that goes reads on', async () => {
  await using world = await timedStore();
  await addPack(world.store, A, B);
  const slices = world.again().read(digestOf(A));
  const other = world.again();
  expect(await has(other, A, B)).toEqual([true, true]); // Its view of the packs is from before.
  await gc(world.store, [A]);
  expect(await collect(slices)).toEqual(Buffer.from(A));
  expect(await collect(other.read(digestOf(A)))).toEqual(Buffer.from(A));
});
