import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashWorld } from '../testkit/crash/crash-world.ts';
import { picoModel } from '../testkit/pico-model.ts';
import { loseAtEveryBoundary } from '../testkit/power-loss/losses.ts';
import { emptyWorld, powerLossWorld, recordCommand, recordScenario } from '../testkit/power-loss/record.ts';
import { POWER_LOSS_SCENARIOS } from '../testkit/power-loss/scenarios.ts';
import { noteSyncSites, type SyncSites } from '../testkit/power-loss/sync-sites.ts';
import { temporaryDirectory } from '../testkit/world.ts';

/** Every boundary, with more of what may be left, is in `tests/soak`. */
const SETTINGS = { seed: 1, subsets: 0, every: 4 };

const sites: SyncSites = new Map();
let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let fresh: CrashWorld;

beforeAll(async () => {
  home = await temporaryDirectory();
  fresh = await powerLossWorld(join(home.path, 'fresh'));
});
afterAll(() => home[Symbol.asyncDispose]());

test.for(POWER_LOSS_SCENARIOS)(
  '$name: a loss of power leaves the state before or after it',
  async scenario => {
    const directory = join(home.path, scenario.name.replaceAll(' ', '-'));
    const recorded = await recordScenario(fresh, scenario, directory);
    const { problems } = await loseAtEveryBoundary(recorded, SETTINGS);
    expect(problems).toEqual([]);
    await noteSyncSites(recorded, sites);
  },
);

test('init: what is in the new repository afterwards does not vanish with it', async () => {
  const world = await emptyWorld(join(home.path, 'empty'));
  const recorded = await recordCommand(world, { name: 'init', argv: ['init'] });
  const { problems } = await loseAtEveryBoundary(recorded, SETTINGS);
  expect(problems).toEqual([]);
  await noteSyncSites(recorded, sites);
});

test('the first add: what it makes room for does not vanish with it', async () => {
  const world = await emptyWorld(join(home.path, 'first'));
  await world.mgit('init');
  await world.write('.gitattributes', '*.safetensors filter=mgit diff=mgit merge=mgit -text\n');
  await world.write('model.safetensors', picoModel(1));
  const recorded = await recordCommand(world, { name: 'first add', argv: ['add', '.'] });
  const { problems } = await loseAtEveryBoundary(recorded, SETTINGS);
  expect(problems).toEqual([]);
});

test('every sync that they ask for is needed', () => {
  expect([...sites].filter(([, violation]) => violation === undefined)).toEqual([]);
});
