import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type RemoteScene, remoteScene } from '../testkit/remote-scene.ts';
import { safetensorsFile } from '../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../testkit/stores.ts';
import { runMgit } from '../testkit/world.ts';

const COUNT = 100_000;

/** A model of two F32 tensors: `embed` depends on one seed, `head` on another. */
function model(embed: number, head: number): Uint8Array {
  const tensor = (name: string, seed: number) => ({
    name,
    dtype: 'F32' as const,
    shape: [COUNT],
    data: bytesOf(weights(COUNT, seed)),
  });
  return safetensorsFile([tensor('embed', embed), tensor('head', head)]);
}

/** Runs a command that must succeed; returns its JSON. */
async function mgit(
  world: RemoteScene,
  directory: string,
  ...argv: string[]
): Promise<Record<string, unknown>> {
  const result = await runMgit(world.ports, join(world.home, directory), ...argv, '--json');
  if (result.exitCode !== 0) throw new Error(`mgit ${argv.join(' ')}: ${result.stderr}`);
  return result.json() as Record<string, unknown>;
}

test('a contribution goes round: clone, branch, push, merge, and a merge that costs nothing to push', async () => {
  await using world = await remoteScene();
  const file = (directory: string) => join(world.home, directory, 'model.safetensors');
  const commit = async (directory: string, bytes: Uint8Array, message: string) => {
    await writeFile(file(directory), bytes);
    await mgit(world, directory, 'add', '-A');
    await mgit(world, directory, 'commit', '-m', message);
  };
  await mgit(world, '', 'init', 'alpha');
  await mgit(world, 'alpha', 'track', '*.safetensors');
  await mgit(world, 'alpha', 'remote', 'add', 'origin', world.url);
  await commit('alpha', model(1, 1), 'base');
  await mgit(world, 'alpha', 'push', '-u', 'origin', 'main');

  await mgit(world, '', 'clone', world.url, 'beta');
  await mgit(world, 'beta', 'switch', '-c', 'better');
  await commit('beta', model(2, 1), 'better');
  const pushed = (await mgit(world, 'beta', 'push', '-u', 'origin', 'better')) as {
    packs: { bytes: number };
  };
  expect(pushed.packs.bytes).toBeLessThan(COUNT * 4 * 1.1); // One of the two tensors.

  await commit('alpha', model(3, 1), 'mine');
  await mgit(world, 'alpha', 'fetch');
  await mgit(world, 'alpha', 'push');
  await mgit(world, 'alpha', 'merge', 'origin/better', '-s', 'linear');
  const merged = (await mgit(world, 'alpha', 'push')) as { packs: { bytes: number; ids: string[] } };
  expect(merged.packs.ids).toHaveLength(1);
  expect(merged.packs.bytes).toBeLessThan(64 * 1024);

  await mgit(world, '', 'clone', world.url, 'gamma');
  expect(Buffer.compare(await readFile(file('gamma')), await readFile(file('alpha')))).toBe(0);
  expect(await mgit(world, 'gamma', 'status')).toMatchObject({});
  await mgit(world, 'beta', 'switch', 'main');
  expect(await mgit(world, 'beta', 'pull')).toMatchObject({ status: 'fast-forward' });
  expect(Buffer.compare(await readFile(file('beta')), await readFile(file('alpha')))).toBe(0);
});
