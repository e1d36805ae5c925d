import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directoryBackend } from '../../src/remote/backends/directory.ts';
import { openTensorStore } from '../../src/store/open-tensor-store.ts';
import { addPack, timedStore } from '../testkit/aged-store.ts';
import { outgoingPack } from '../testkit/outgoing-packs.ts';
import type { readImage } from '../testkit/power-loss/image-file-system.ts';
import { digestsBelow } from '../testkit/power-loss/inspect.ts';
import { loseAtEveryBoundary, type Recorded } from '../testkit/power-loss/losses.ts';
import { record } from '../testkit/power-loss/record.ts';
import { noteSyncSites, type SyncSites } from '../testkit/power-loss/sync-sites.ts';
import { addToBytes, noise } from '../testkit/stores.ts';
import { temporaryDirectory, testPorts } from '../testkit/world.ts';

// What push leaves on a remote on a path, and what fetch adds to a store, before any ref names it.

const sites: SyncSites = new Map();
/** Unfinished files may be left. */
const passing = /\/tmp\//;

async function expectNoLoss(recorded: Recorded): Promise<void> {
  const { problems } = await loseAtEveryBoundary(recorded, { seed: 1, subsets: 3 });
  expect(problems).toEqual([]);
  await noteSyncSites(recorded, sites);
}

const inspect = async (image: Awaited<ReturnType<typeof readImage>>) => ({
  state: digestsBelow(image),
  problems: [],
});

test('a pack that was pushed to a path is there', async () => {
  await using home = await temporaryDirectory();
  await mkdir(join(home.path, 'remote.git'));
  await using elsewhere = await temporaryDirectory();
  const pack = await outgoingPack(elsewhere.path, 1, 100_000);
  const directory = join(home.path, 'remote.git/mgit');
  const work = async (fs: ReturnType<typeof testPorts>['fs']): Promise<void> => {
    const place = {
      location: 'there',
      temporaryDirectory: join(directory, 'tmp'),
      packsDirectory: join(directory, 'packs'),
    };
    await directoryBackend({ ...testPorts(elsewhere.path), fs }, place).save([pack]);
  };
  await expectNoLoss(await record('push to a path', home.path, { passing, inspect, work }));
});

test('a pack that was fetched is there', async () => {
  await using home = await temporaryDirectory();
  await using elsewhere = await timedStore();
  await addPack(elsewhere.store, noise(5000, 1));
  const [id] = await elsewhere.store.listPacks();
  if (id === undefined) throw new Error('no pack was written');
  const directory = join(home.path, 'mgit');
  await mkdir(join(directory, 'tmp'), { recursive: true });
  const work = async (fs: ReturnType<typeof testPorts>['fs']): Promise<void> => {
    const arrived = join(directory, 'tmp', 'arrived');
    const file = await fs.open(arrived, 'create');
    await file.write(await fs.readFile(elsewhere.store.packPath(id)), 0);
    await file.close();
    const ports = { ...testPorts(home.path), fs };
    const store = openTensorStore({ ports, directory, evaluateRecipe: addToBytes });
    await store.importPack(id, arrived);
    await store.close();
  };
  await expectNoLoss(await record('fetch', home.path, { passing, inspect, work }));
});

test('every sync that they ask for is needed', () => {
  expect([...sites].filter(([, violation]) => violation === undefined)).toEqual([]);
  expect([...sites.keys()].map(site => site.split(':')[0])).toEqual(
    expect.arrayContaining(['remote/backends/directory.ts', 'store/extents/import-pack.ts']),
  );
});
