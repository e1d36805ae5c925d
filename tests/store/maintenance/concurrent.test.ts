import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { openTensorStore } from '../../../src/store/open-tensor-store.ts';
import { addPack, agePacks, storeDirectory, timedStore, twoWeeksAgo } from '../../testkit/aged-store.ts';
import { interleaved } from '../../testkit/interleaved.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { addToBytes, collect, noise, type TestStore } from '../../testkit/stores.ts';

// Work of one process before every single operation of another's on files. In each case everything that is named in the end must be there.

const OLD = noise(5000, 1);
const OTHER = noise(5000, 2);
const NEW = noise(5000, 3);

async function withStore<Result>(
  world: TestStore,
  ports: Ports,
  work: (store: ReturnType<TestStore['again']>) => Promise<Result>,
): Promise<Result> {
  const store = openTensorStore({ ports, directory: storeDirectory(world), evaluateRecipe: addToBytes });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const gcOf = (world: TestStore, ports: Ports, reachable: readonly Uint8Array[]): Promise<unknown> =>
  withStore(world, ports, async ({ maintenance }) => {
    const times = await maintenance.packTimes();
    return maintenance.collect({ times, reachable: reachable.map(digestOf), olderThan: twoWeeksAgo() });
  });

/** Whether work was done; false when another process was in the way: then the command says so, and is run again. */
async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isMgitError(error, 'STORE_CHANGED', 'STORE_LOCKED')) return false;
    throw error;
  }
}

async function expectThere(world: TestStore, step: number, ...extents: readonly Uint8Array[]): Promise<void> {
  const store = world.again();
  for (const bytes of extents)
    expect(Buffer.from(bytes).equals(await collect(store.read(digestOf(bytes)))), `step ${step}`).toBe(true);
}

/** Runs a case with the other work at every step, until the work has fewer steps. */
async function atEveryStep(run: (step: number) => Promise<number>): Promise<void> {
  let last = 1;
  for (let step = 1; step <= last; step++) last = await run(step);
  expect(last).toBeGreaterThan(10);
}

test('a gc amid an add takes nothing that the add relies on', async () => {
  await atEveryStep(async step => {
    await using world = await timedStore();
    await addPack(world.store, OLD, OTHER);
    await agePacks(world, world.store);
    const adding = interleaved(world.ports, step, () => gcOf(world, world.ports, []).then(() => {}));
    const add = (ports: Ports) => withStore(world, ports, store => addPack(store, OLD, NEW));
    if (!(await isDone(() => add(adding.ports)))) await add(world.ports);
    await gcOf(world, world.ports, [OLD, NEW]);
    await expectThere(world, step, OLD, NEW);
    return adding.count();
  });
});

test('an add amid a gc finds what it relies on, or stores it again', async () => {
  await atEveryStep(async step => {
    await using world = await timedStore();
    await addPack(world.store, OLD, OTHER);
    await agePacks(world, world.store);
    const add = () => withStore(world, world.ports, store => addPack(store, OLD, NEW));
    let isAdded = false;
    const collecting = interleaved(world.ports, step, async () => {
      isAdded = await isDone(add);
    });
    // The add publishes after this gc has looked for what is reachable.
    await gcOf(world, collecting.ports, []);
    if (!isAdded) await add();
    await expectThere(world, step, OLD, NEW);
    return collecting.count();
  });
});

test('a pack of the same name as one that goes is not taken with it', async () => {
  await atEveryStep(async step => {
    await using world = await timedStore();
    await addPack(world.store, OLD);
    await agePacks(world, world.store);
    const add = () => withStore(world, world.ports, store => addPack(store, OLD));
    let isAdded = false;
    const collecting = interleaved(world.ports, step, async () => {
      isAdded = await isDone(add);
    });
    await gcOf(world, collecting.ports, []);
    if (!isAdded) await add();
    await expectThere(world, step, OLD);
    return collecting.count();
  });
});

test('of two copies two gcs leave one', async () => {
  await atEveryStep(async step => {
    await using world = await timedStore();
    await addPack(world.store, OLD, OTHER);
    await agePacks(world, world.store);
    // The same extent in another pack, as a fetch brings it.
    await using elsewhere = await timedStore();
    await addPack(elsewhere.store, OLD, NEW);
    const [id] = await elsewhere.store.listPacks();
    await world.store.importPack(id as NonNullable<typeof id>, elsewhere.store.packPath(id as never));
    await agePacks(world, world.store);
    const collecting = interleaved(world.ports, step, async () => {
      await isDone(() => gcOf(world, world.ports, [OLD]));
    });
    await gcOf(world, collecting.ports, [OLD]).catch(error => {
      if (!isMgitError(error, 'STORE_CHANGED', 'STORE_LOCKED')) throw error;
    });
    await expectThere(world, step, OLD);
    return collecting.count();
  });
});

test('of two repacks at the same time neither loses anything, nor trips over a pack that the other removed', async () => {
  await atEveryStep(async step => {
    await using world = await timedStore();
    for (const bytes of [OLD, OTHER, NEW]) await addPack(world.store, bytes);
    const repackOf = (ports: Ports): Promise<boolean> =>
      isDone(() =>
        withStore(world, ports, async ({ maintenance }) =>
          maintenance.repack({ times: await maintenance.packTimes(), wishes: [] }),
        ),
      );
    const repacking = interleaved(world.ports, step, () => repackOf(world.ports).then(() => {}));
    await repackOf(repacking.ports);
    await expectThere(world, step, OLD, OTHER, NEW);
    return repacking.count();
  });
});
