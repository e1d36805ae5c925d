import { join } from 'node:path';
import type { Clock } from '../../src/base/ports/clock.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import type { TensorStore } from '../../src/store/tensor-store.ts';
import { type TestStore, testStore } from './stores.ts';
import { fixedClock, temporaryDirectory, testPorts } from './world.ts';

const DAY = 24 * 3600 * 1000;

/** A clock that agrees with that of the file system: a pack written now is young. */
export function presentClock(): Clock {
  return fixedClock(Date.now());
}

/** Two weeks before {@link presentClock}, where gc draws its line. */
export function twoWeeksAgo(): number {
  return Date.now() - 14 * DAY;
}

/** A store in which times of packs mean something. */
export async function timedStore(options: { readonly ports?: Ports } = {}): Promise<TestStore> {
  await using scratch = await temporaryDirectory();
  return await testStore({ ports: testPorts(scratch.path, { clock: presentClock() }), ...options });
}

/** Makes all packs look as if nobody had needed them for a month. */
export async function agePacks(world: Pick<TestStore, 'ports'>, store: TensorStore): Promise<void> {
  for (const id of await store.listPacks())
    await world.ports.fs.setModified(store.packPath(id), Date.now() - 30 * DAY);
}

/** Stores extents as one pack. */
export async function addPack(store: TensorStore, ...extents: readonly Uint8Array[]): Promise<void> {
  const writer = store.writer();
  for (const bytes of extents) await writer.addExtent([bytes], bytes.length);
  await writer.finish();
}

/** The directory of a store that {@link testStore} made. */
export function storeDirectory(world: Pick<TestStore, 'path'>): string {
  return join(world.path, 'mgit');
}
