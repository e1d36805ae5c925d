import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PartialScene, partialScene } from '../../testkit/partial-scene.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';

const COUNT = 20_000;
const BYTES = 4 * COUNT;

const model = (seed: number): Uint8Array =>
  safetensorsFile([{ name: 'w', dtype: 'F32', shape: [COUNT], data: bytesOf(weights(COUNT, seed)) }]);

async function done<Result>(world: PartialScene, folder: string, ...argv: string[]): Promise<Result> {
  const run = await world.mgit(folder, ...argv, '--json');
  expect(run.stderr).not.toContain('error[');
  return run.json() as Result;
}

const pushed = async (world: PartialScene, ...refs: string[]): Promise<number> =>
  (await done<{ packs: { bytes: number } }>(world, 'whole', 'push', 'origin', ...refs)).packs.bytes;

const recomputed = async (world: PartialScene, folder: string): Promise<number> =>
  (await done<{ recomputed: number }>(world, folder, 'verify', 'HEAD')).recomputed;

/** A repository whose main is a merge of a side, pushed. */
async function merged(): Promise<PartialScene> {
  const world = await partialScene();
  const commit = async (content: Uint8Array): Promise<void> => {
    await writeFile(join(world.home, 'whole', 'model.safetensors'), content);
    await done(world, 'whole', 'add', '.');
    await done(world, 'whole', 'commit', '-m', 'a version');
  };
  await world.mgit('', 'init', 'whole');
  await done(world, 'whole', 'track', '*.safetensors');
  await done(world, 'whole', 'remote', 'add', 'origin', join(world.home, 'model.git'));
  await commit(model(1));
  await done(world, 'whole', 'switch', '-c', 'side');
  await commit(model(2));
  await done(world, 'whole', 'switch', 'main');
  await commit(model(3));
  await pushed(world, 'main', 'side');
  await done(world, 'whole', 'merge', 'side');
  expect(await pushed(world, 'main')).toBeLessThan(4000);
  return world;
}

test('an annotated tag stores what a merge computed as it is, and its push sends that, once', async () => {
  await using world = await merged();
  expect(await recomputed(world, 'whole')).toBe(1);
  await done(world, 'whole', 'tag', '-m', 'A release', 'v1');
  expect(await recomputed(world, 'whole')).toBe(0);
  expect(await pushed(world, 'main')).toBe(0); // A branch is no release.
  expect(await pushed(world, 'v1')).toBeGreaterThan(0.8 * BYTES);
  expect(await pushed(world, 'v1')).toBe(0);
  await done(world, 'whole', 'tag', '-m', 'The same', 'v1.0');
  expect(await pushed(world, 'v1.0')).toBe(0);
  expect((await world.clone('other')).exitCode).toBe(0);
  expect(await world.bytesOf('other', 'model.safetensors')).toEqual(
    await world.bytesOf('whole', 'model.safetensors'),
  );
});

test('a lightweight tag is a name, and no release', async () => {
  await using world = await merged();
  await done(world, 'whole', 'tag', 'bookmark');
  expect(await recomputed(world, 'whole')).toBe(1);
  expect(await pushed(world, 'bookmark')).toBe(0);
});
