import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_FAULTS, type PartialScene, partialScene } from '../../testkit/partial-scene.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';

const COUNT = 20_000;

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

/** Branches `main` and `side` on a common base, published by somebody with a whole repository. */
async function published(world: PartialScene) {
  const folder = join(world.home, 'whole');
  await mkdir(folder);
  const steps: [Uint8Array | string, ...string[][]][] = [
    ['', ['init'], ['track', '*.safetensors'], ['remote', 'add', 'origin', join(world.home, 'model.git')]],
    [model(1, 2, 3), ['add', '.'], ['commit', '-m', 'base'], ['switch', '-c', 'side']],
    [model(4, 2, 5), ['commit', '-a', '-m', 'a and c'], ['push', '-u', 'origin', 'side'], ['switch', 'main']],
    [model(1, 6, 7), ['commit', '-a', '-m', 'b and c'], ['push', '-u', 'origin', 'main']],
  ];
  for (const [content, ...commands] of steps) {
    if (content) await writeFile(join(folder, 'model.safetensors'), content);
    for (const command of commands) await expectDone(world, 'whole', ...command);
  }
  world.faults.setPlan(NO_FAULTS);
}

async function expectDone(world: PartialScene, folder: string, ...argv: string[]) {
  const run = await world.mgit(folder, ...argv);
  expect(run.stderr).not.toContain('error[');
  expect(run.exitCode).toBe(0);
  return run;
}

const bytesOfModel = (world: PartialScene, folder: string) => world.bytesOf(folder, 'model.safetensors');
const isManifest = (bytes: Buffer) => bytes.subarray(0, 13).toString() === 'mgit manifest';

test('a merge fetches what it computes with, and a push sends what is new', async () => {
  await using world = await partialScene();
  await published(world);
  await expectDone(world, '', 'clone', '--filter', 'none', join(world.home, 'model.git'), 'beta');
  world.faults.setPlan(NO_FAULTS);
  await expectDone(world, 'beta', 'merge', 'origin/side');
  expect(world.downloads().length).toBeLessThanOrEqual(3);
  expect(world.moved()).toBeLessThan(3 * 4 * COUNT + 1000); // Of `c`, the base and both sides; nothing of `a` and `b`.
  expect(world.moved()).toBeGreaterThan(2 * 4 * COUNT);
  expect(isManifest(await bytesOfModel(world, 'beta'))).toBe(true);
  expect((await world.mgit('beta', 'status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
  const pushed = await expectDone(world, 'beta', 'push', '--json');
  expect((pushed.json() as { packs: { bytes: number } }).packs.bytes).toBeLessThan(2000);
  await expectDone(world, '', 'clone', join(world.home, 'model.git'), 'gamma');
  await expectDone(world, 'beta', 'restore', 'model.safetensors');
  expect(Buffer.compare(await bytesOfModel(world, 'gamma'), await bytesOfModel(world, 'beta'))).toBe(0);
  expect((await world.mgit('beta', 'status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
});

test('a merge of tensors that one side changed needs no bytes of them', async () => {
  await using world = await partialScene();
  await published(world);
  await expectDone(world, '', 'clone', '--filter', 'none', join(world.home, 'model.git'), 'beta');
  world.faults.setPlan(NO_FAULTS);
  await expectDone(world, 'beta', 'merge', 'origin/side', '-X', 'take:c=theirs');
  await expectDone(world, 'beta', 'push');
  expect(world.moved()).toBe(0);
});

test('a diff fetches the changed tensors, all together', async () => {
  await using world = await partialScene();
  await published(world);
  await expectDone(world, '', 'clone', '--filter', 'none', join(world.home, 'model.git'), 'beta');
  world.faults.setPlan(NO_FAULTS);
  const diff = await expectDone(world, 'beta', 'diff', 'main', 'origin/side', '--tensor', 'a', '--json');
  expect(world.moved()).toBeLessThan(2 * 4 * COUNT + 100);
  expect(JSON.stringify(diff.json())).toContain('"relativeL2"');
});

test('a patch of a partial clone holds what its commits changed, which is fetched', async () => {
  await using world = await partialScene();
  await published(world);
  await expectDone(world, '', 'clone', '--filter', 'none', join(world.home, 'model.git'), 'beta');
  world.faults.setPlan(NO_FAULTS);
  await expectDone(world, 'beta', 'patch', 'create', 'HEAD~1..HEAD', '-o', join(world.home, 'change.patch'));
  expect(world.moved()).toBeLessThan(4 * 4 * COUNT + 1000); // Of `b` and `c`, both versions; nothing of `a`.
  await expectDone(world, 'whole', 'reset', '--hard', 'HEAD~1');
  await expectDone(world, 'whole', 'patch', 'apply', join(world.home, 'change.patch'));
  expect(Buffer.compare(await bytesOfModel(world, 'whole'), Buffer.from(model(1, 6, 7)))).toBe(0);
});

test('a commit on a partial clone stores what is new, and its push what is new', async () => {
  await using world = await partialScene();
  await published(world);
  await expectDone(world, '', 'clone', '--filter', 'a', join(world.home, 'model.git'), 'beta');
  await writeFile(join(world.home, 'beta', 'model.safetensors'), model(1, 8, 7));
  world.faults.setPlan(NO_FAULTS);
  await expectDone(world, 'beta', 'commit', '-a', '-m', 'b again');
  const pushed = await expectDone(world, 'beta', 'push', '--json');
  expect(world.moved()).toBe(0);
  const { bytes } = (pushed.json() as { packs: { bytes: number } }).packs;
  expect(bytes).toBeLessThan(2.1 * 4 * COUNT); // `b`, and `c`, which is not here to be compared with.
  await expectDone(world, 'whole', 'pull');
  expect(Buffer.compare(await bytesOfModel(world, 'whole'), Buffer.from(model(1, 8, 7)))).toBe(0);
});
