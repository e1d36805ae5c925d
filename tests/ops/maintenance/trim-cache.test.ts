import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noiseTensor } from '../../testkit/model-repository.ts';
import { NO_FAULTS, type PartialScene, partialScene } from '../../testkit/partial-scene.ts';

/** A partial clone that has fetched two versions of a model, 100 kB each, one after the other. */
async function fetchedTwice(): Promise<PartialScene> {
  const world = await partialScene();
  const first = await world.alpha.commitModel('main', [noiseTensor('a', 1)]);
  await world.alpha.commitModel('main', [noiseTensor('a', 2)], [first]);
  await world.push();
  await world.clone('beta', '--filter', 'none');
  for (const revision of ['HEAD~1', 'HEAD'])
    await world.mgit('beta', 'restore', '--source', revision, 'model.bin');
  world.faults.setPlan(NO_FAULTS);
  return world;
}

async function cachedBytes(world: PartialScene): Promise<number> {
  const packs = join(world.home, 'beta/.git/mgit/packs');
  const sizes = (await readdir(packs)).map(async name => (await stat(join(packs, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function collected(world: PartialScene) {
  const run = await world.mgit('beta', 'gc', '--json');
  expect(run.exitCode).toBe(0);
  return { ...run, evicted: (run.json() as { evicted: string[] }).evicted };
}

test('gc removes what was fetched first until the cache is within its quota; it comes again when needed', async () => {
  await using world = await fetchedTwice();
  expect((await collected(world)).evicted).toEqual([]); // No quota.
  await world.mgit('beta', 'config', 'mgit.cacheQuota', '150k');
  expect((await collected(world)).evicted).not.toEqual([]);
  expect(await cachedBytes(world)).toBeLessThan(150 * 1024);
  expect(await cachedBytes(world)).toBeGreaterThan(100_000);
  expect((await collected(world)).evicted).toEqual([]);
  expect(await world.mgit('beta', 'fsck')).toMatchObject({ exitCode: 0 });
  world.faults.setPlan(NO_FAULTS);
  await writeFile(join(world.home, 'beta/model.bin'), 'something else');
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBeLessThan(1000); // The tensor that came last is here; the header, which came with the clone, is not.
  const older = await world.mgit('beta', 'restore', '--source', 'HEAD~1', 'model.bin');
  expect(older).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBeGreaterThanOrEqual(100_000);
});

test('what the remote has lost, or does not answer for, stays', async () => {
  await using world = await fetchedTwice();
  await world.mgit('beta', 'config', 'mgit.cacheQuota', '0');
  const before = await cachedBytes(world);
  world.faults.setPlan(() => ({ kind: 'drop' }));
  const unasked = await collected(world);
  expect(unasked.events).toContainEqual(expect.objectContaining({ code: 'REMOTE_UNREACHABLE' }));
  expect(await cachedBytes(world)).toBe(before);
  world.faults.setPlan(NO_FAULTS);
  world.lfs.objects.clear();
  expect((await collected(world)).evicted).toEqual([]);
  expect(await cachedBytes(world)).toBe(before);
});

test('what was made here stays, and so does what it is computed from', async () => {
  await using world = await fetchedTwice();
  await world.mgit('beta', 'config', 'mgit.cacheQuota', '0');
  await world.mgit('beta', 'repack'); // What it writes is not marked as fetched.
  const before = await cachedBytes(world);
  await collected(world);
  expect(await cachedBytes(world)).toBe(before);
});

test('a quota that is no size is refused', async () => {
  await using world = await fetchedTwice();
  await world.mgit('beta', 'config', 'mgit.cacheQuota', 'much');
  expect(await world.mgit('beta', 'gc')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('error[CONFIG_INVALID]: mgit.cacheQuota is no size: much'),
  });
});
