import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashWorld } from '../testkit/crash/crash-world.ts';
import { POWER_LOSS_CASES } from '../testkit/power-loss/cases.ts';
import { loseAtEveryBoundary } from '../testkit/power-loss/losses.ts';
import { powerLossWorld } from '../testkit/power-loss/record.ts';
import { noteSyncSites, type SyncSites, syncSitesOf } from '../testkit/power-loss/sync-sites.ts';
import { temporaryDirectory } from '../testkit/world.ts';

/** A machine under load takes a multiple of the usual second. */
const TIMEOUT = 240_000;

/** Every boundary, with more of what may be left, is in `tests/soak`. */
const SETTINGS = { seed: 1, subsets: 0, every: 8 };

const sites: SyncSites = new Map();
let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let fresh: CrashWorld;

beforeAll(async () => {
  home = await temporaryDirectory();
  fresh = await powerLossWorld(join(home.path, 'fresh'));
}, TIMEOUT);
afterAll(() => home[Symbol.asyncDispose]());

test.for(POWER_LOSS_CASES)(
  '$name: a loss of power leaves the state before or after it',
  { timeout: TIMEOUT },
  async work => {
    const recorded = await work.record(join(home.path, work.name.replaceAll(' ', '-')), fresh);
    const { problems } = await loseAtEveryBoundary(recorded, SETTINGS);
    expect(problems).toEqual([]);
    await noteSyncSites(recorded, sites, SETTINGS);
  },
);

test('without any one line that asks for a sync, one of these tests would have failed', () => {
  expect([...sites].filter(([, violation]) => violation === undefined)).toEqual([]);
});

test('every line that asks for a sync was among them', () => {
  const others = syncSitesOf('src').filter(site => !sites.has(site));
  // One only keeps the disk busy while a large file is written, and has a test of its own.
  expect(others.map(site => site.split(':')[0])).toEqual(['base/early-flush.ts']);
});
