import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_FAULTS, type PartialScene, partialScene } from '../../testkit/partial-scene.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';

const COUNT = 20_000;
const BYTES = 4 * COUNT;

/** A model of three tensors; each seed gives its own values. */
function model(a: number, b: number, c: number): Uint8Array {
  return safetensorsFile(
    Object.entries({ a, b, c }).map(([name, seed]) => ({
      name,
      dtype: 'F32',
      shape: [COUNT],
      data: bytesOf(weights(COUNT, seed)),
    })),
  );
}

async function done(world: PartialScene, ...argv: string[]): Promise<unknown> {
  const run = await world.mgit('whole', ...argv, '--json');
  expect(run.stderr).not.toContain('error[');
  expect(run.exitCode).toBe(0);
  return run.json();
}

async function commit(world: PartialScene, content: Uint8Array): Promise<void> {
  await writeFile(join(world.home, 'whole', 'model.safetensors'), content);
  await done(world, 'commit', '-a', '-m', 'a version');
}

/** Bytes of packs that a push sends. */
async function pushed(world: PartialScene): Promise<number> {
  return ((await done(world, 'push')) as { packs: { bytes: number } }).packs.bytes;
}

/** A repository with two versions, each published in a pack of its own. */
async function published(): Promise<PartialScene> {
  const world = await partialScene();
  await world.mgit('', 'init', 'whole');
  await done(world, 'track', '*.safetensors');
  await done(world, 'remote', 'add', 'origin', join(world.home, 'model.git'));
  await writeFile(join(world.home, 'whole', 'model.safetensors'), model(1, 2, 3));
  await done(world, 'add', '.');
  await done(world, 'commit', '-m', 'first');
  await done(world, 'push', '-u', 'origin', 'main');
  await commit(world, model(1, 2, 4));
  expect(await pushed(world)).toBeLessThan(1.1 * BYTES);
  return world;
}

async function expectWhole(world: PartialScene, content: Uint8Array): Promise<void> {
  const clone = await world.mgit('', 'clone', join(world.home, 'model.git'), 'other');
  expect(clone).toMatchObject({ exitCode: 0 });
  const bytes = await world.bytesOf('other', 'model.safetensors');
  expect(Buffer.compare(bytes, Buffer.from(content))).toBe(0);
}

test('a push after a repack sends what is new, not what published packs hold', async () => {
  await using world = await published();
  expect(await done(world, 'repack')).toMatchObject({ written: [expect.any(String)] });
  await commit(world, model(1, 5, 4));
  expect(await pushed(world)).toBeLessThan(1.1 * BYTES);
  world.faults.setPlan(NO_FAULTS);
  await commit(world, model(1, 6, 4));
  expect(await pushed(world)).toBeLessThan(1.1 * BYTES);
  expect(world.moved()).toBe(0); // The indexes of packs that went are remembered.
  await expectWhole(world, model(1, 6, 4));
});
