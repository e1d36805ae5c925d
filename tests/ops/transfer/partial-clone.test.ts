import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { noiseTensor } from '../../testkit/model-repository.ts';
import { NO_FAULTS, type PartialScene, partialScene } from '../../testkit/partial-scene.ts';
import { collect } from '../../testkit/stores.ts';

const SIZE = 100_000;

/** A model of an encoder and a decoder, published. */
async function published(world: PartialScene) {
  const commit = await world.alpha.commitModel('main', [
    noiseTensor('encoder.a', 1),
    noiseTensor('decoder.a', 2),
    noiseTensor('encoder.b', 3),
  ]);
  await world.push();
  world.faults.setPlan(NO_FAULTS);
  return commit;
}

const isManifest = (bytes: Buffer) => bytes.subarray(0, 13).toString() === 'mgit manifest';

test('a filtered clone moves what matches, leaves a manifest in the work tree, and fetches the rest when asked', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  expect(await world.clone('beta', '--filter', 'encoder.*')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(world.moved()).toBeGreaterThan(2 * SIZE);
  expect(world.moved()).toBeLessThan(2.1 * SIZE + 64 * 1024);
  expect(isManifest(await world.bytesOf('beta'))).toBe(true);
  const status = await world.mgit('beta', 'status', '--json');
  expect(status.json()).toMatchObject({ staged: [], unstaged: [], untracked: [] });
  world.faults.setPlan(NO_FAULTS);
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBe(SIZE);
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(commit))).toBe(0);
  expect((await world.mgit('beta', 'status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
});

test('a clone without tensors reads a tensor of any revision alone', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  await world.clone('beta', '--filter', 'none');
  expect(world.moved()).toBeLessThan(70_000);
  world.faults.setPlan(NO_FAULTS);
  const beta = await world.open('beta');
  const tensor = (await world.alpha.manifestAt(commit)).tensors.find(({ name }) => name === 'decoder.a');
  const bytes = await collect(beta.store.read(tensor?.extent.digest as Digest));
  expect(Buffer.compare(bytes, noiseTensor('decoder.a', 2).data)).toBe(0);
  expect(world.downloads()).toHaveLength(1);
  expect(world.moved()).toBe(SIZE);
  world.faults.setPlan(NO_FAULTS);
  await collect(beta.store.read(tensor?.extent.digest as Digest));
  expect(world.faults.seen).toHaveLength(0);
});

test('what a command needs comes in few requests, neighbours together', async () => {
  await using world = await partialScene();
  const tensors = Array.from({ length: 40 }, (_, seed) => noiseTensor(`layer.${seed}`, seed + 1, 1000));
  const commit = await world.alpha.commitModel('main', tensors);
  await world.push();
  await world.clone('beta', '--filter', 'layer.7');
  world.faults.setPlan(NO_FAULTS);
  await world.mgit('beta', 'restore', 'model.bin');
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(commit))).toBe(0);
  expect(world.downloads()).toHaveLength(1); // Over the gap of the one that is here.
  expect(world.faults.seen).toHaveLength(2); // A batch before.
});

test('a fetch that is interrupted at any request goes on where it stopped', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  for (let index = 0; ; index++) {
    await world.clone(`beta${index}`, '--filter', 'none');
    world.faults.setPlan(request =>
      request.index >= index ? { kind: 'drop-after', bytes: 60_000 } : undefined,
    );
    const first = await world.mgit(`beta${index}`, 'restore', 'model.bin');
    const requests = world.faults.seen.length;
    if (requests <= index) break;
    if (first.exitCode !== 0) {
      expect(first.stderr).toContain('error[REMOTE_UNREACHABLE]');
      expect(first.stderr).toContain('--all-tensors');
      expect(isManifest(await world.bytesOf(`beta${index}`))).toBe(true);
    }
    world.faults.setPlan(NO_FAULTS);
    expect(await world.mgit(`beta${index}`, 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
    expect(Buffer.compare(await world.bytesOf(`beta${index}`), await world.bytesAt(commit))).toBe(0);
  }
});

test('bytes that are not those of their digest are refused, and nothing of them stays', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  await world.clone('beta', '--filter', 'encoder.*');
  world.faults.setPlan(({ method }) => (method === 'GET' ? { kind: 'corrupt' } : undefined));
  const refused = await world.mgit('beta', 'restore', 'model.bin');
  expect(refused.stderr).toContain('error[TRANSFER_CORRUPT]');
  expect(isManifest(await world.bytesOf('beta'))).toBe(true);
  expect(await readdir(join(world.home, 'beta', '.git', 'mgit', 'tmp'))).toEqual([]);
  world.faults.setPlan(NO_FAULTS);
  await world.mgit('beta', 'restore', 'model.bin');
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(commit))).toBe(0);
});

test('from a server that sends whole packs anyway, whole packs are taken', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  await world.clone('beta', '--filter', 'none');
  world.faults.setPlan(({ method }) => (method === 'GET' ? { kind: 'ignore-range' } : undefined));
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(commit))).toBe(0);
});

test('two processes that fetch the same at once do not disturb each other', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  await world.clone('beta', '--filter', 'none');
  const manifest = await world.alpha.manifestAt(commit);
  const both = await Promise.all([world.open('beta'), world.open('beta')]);
  await Promise.all(both.map(({ store }) => store.require(manifest.extents.map(({ digest }) => digest))));
  for (const { store } of both)
    for (const { digest, length } of manifest.extents)
      expect(await collect(store.read(digest))).toHaveLength(length);
});

test('what a switch needs comes for models that are written out; others stay manifests', async () => {
  await using world = await partialScene();
  const first = await published(world);
  const second = await world.alpha.commitModel(
    'side',
    [noiseTensor('encoder.a', 1), noiseTensor('decoder.a', 9)],
    [first],
  );
  await world.push('side:side');
  await world.clone('beta', '--filter', 'encoder.*');
  await world.mgit('beta', 'switch', 'side');
  expect(isManifest(await world.bytesOf('beta'))).toBe(true);
  await world.mgit('beta', 'restore', 'model.bin');
  world.faults.setPlan(NO_FAULTS);
  expect(await world.mgit('beta', 'switch', 'main')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(world.moved()).toBe(SIZE);
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(first))).toBe(0);
  await world.mgit('beta', 'switch', 'side');
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(second))).toBe(0);
});

test('fetch --all-tensors makes a partial clone whole', async () => {
  await using world = await partialScene();
  const commit = await published(world);
  await world.clone('beta', '--filter', 'none');
  expect(await world.mgit('beta', 'fetch', '--all-tensors')).toMatchObject({ exitCode: 0 });
  world.faults.setPlan(() => ({ kind: 'drop' }));
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(commit))).toBe(0);
  expect(await world.mgit('beta', 'config', 'remote.origin.mgitfilter')).toMatchObject({ exitCode: 1 });
});
