import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PackId } from '../../../src/base/ids.ts';
import { openModel } from '../../../src/ops/content/stored-model.ts';
import { purgeExtents } from '../../../src/ops/maintenance/purge.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { fetchRemote } from '../../../src/ops/transfer/fetch.ts';
import { pushRemote } from '../../../src/ops/transfer/push.ts';
import { computePointer } from '../../../src/remote/pack-pointer-of.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { noiseTensor } from '../../testkit/model-repository.ts';
import { patchModel, patchScene } from '../../testkit/patch-scene.ts';
import { remoteScene } from '../../testkit/remote-scene.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { noise } from '../../testkit/stores.ts';
import { runMgit } from '../../testkit/world.ts';

const FIRST = ['main:m.safetensors', '--tensor', 'first.weight'] as const;

/** The digest of the first matrix of a revision's model. */
async function digestAt({ ports, path }: Scene, at: string): Promise<string> {
  await using repository = await openRepository(ports, path);
  const { manifest } = await openModel(repository, at);
  return manifest.tensors.find(({ name }) => name === 'first.weight')?.extent.digest ?? '';
}

/** Whether some pack of a Git directory holds these bytes as they are. */
async function holds(gitDirectory: string, bytes: Uint8Array): Promise<boolean> {
  const packs = join(gitDirectory, 'mgit/packs');
  for (const name of await readdir(packs))
    if ((await readFile(join(packs, name))).includes(Buffer.from(bytes))) return true;
  return false;
}

test('nothing happens before --yes, and what would happen is said', async () => {
  await using day = await patchScene();
  const packs = await readdir(join(day.path, '.git/mgit/packs'));
  const digest = await digestAt(day, 'main:m.safetensors');
  const run = await day.attempt('purge', ...FIRST);
  const base = (await day.git('rev-parse', 'main')).slice(0, 7);
  expect(run).toMatchObject({ exitCode: 1, stderr: '' });
  expect(run.stdout.replace(base, '<base>').replace(/\d+ (?:B|KiB) in/, '<bytes> in')).toMatchInlineSnapshot(`
    "would purge 1 extent
    here: 1 extent, 13.<bytes> in 2 packs
      files: m.safetensors
      tensors: first.weight
      commits: <base>
      refs: main, topic
      stored once more, since computed from it: 1 extent
    not looked at: other people's clones, files of work trees and wherever models were published or mailed
    nothing was changed: --yes does it, and there is no way back
    "
  `);
  expect(await readdir(join(day.path, '.git/mgit/packs'))).toEqual(packs);
  expect((await day.attempt('purge', digest)).stdout).toBe(run.stdout);
  expect((await day.attempt('cat', 'main:m.safetensors', '-o', 'out')).exitCode).toBe(0);
});

test('an extent is gone, what is computed from it stays, and everybody is told why', async () => {
  await using day = await patchScene();
  const digest = await digestAt(day, 'main:m.safetensors');
  const run = await day.attempt('purge', ...FIRST, '--reason', 'private data', '--yes', '--json');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toMatchObject({
    isDone: true,
    digests: [digest],
    places: [{ remote: null }],
  });
  expect(JSON.parse(run.stdout).places[0].plan.dependents.length).toBeGreaterThan(0);

  const read = await day.attempt('cat', ...FIRST, '-o', 'out');
  expect(read.stderr).toMatch(
    /error\[EXTENT_PURGED\]: the data \w{12} was purged by .+ <.+> on \d{4}-\d\d-\d\d: private data/,
  );
  expect((await day.attempt('switch', 'main')).stderr).toContain('EXTENT_PURGED');
  await day.mgit('cat', 'topic:m.safetensors', '-o', 'tip');
  await day.mgit('cat', 'topic~1:m.safetensors', '-o', 'tuned');
  expect(await day.read('tip')).toEqual(Buffer.from(patchModel(2e-6)));
  expect(await day.read('tuned')).toEqual(Buffer.from(patchModel(1e-6)));

  const fsck = await day.attempt('fsck');
  expect(fsck).toMatchObject({ exitCode: 0 });
  expect(fsck.stdout).toContain('note[EXTENT_PURGED]');
  expect(fsck.stdout).not.toContain('EXTENT_MISSING');
  for (const argv of [['gc', '--prune', 'now'], ['repack'], ['du'], ['log', '--tensor', 'first.weight']])
    expect(await day.attempt(...argv)).toMatchObject({ exitCode: 0, stderr: '' });
  await day.mgit('cat', 'topic~1:m.safetensors', '-o', 'tuned');
  await day.write('m.safetensors', patchModel());
  expect((await day.attempt('add', 'm.safetensors')).stderr).toContain('EXTENT_PURGED');
  expect(await day.attempt('purge', digest, '--yes')).toMatchObject({ exitCode: 0 }); // Again: nothing is left to do.
});

test('a remote on a path loses it, too, and a fetch from elsewhere does not bring it back', async () => {
  await using day = await scene('system');
  const secret = noise(8192, 7);
  const backup = join(day.path, '..', 'backup');
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', patchModel());
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Begin');
  for (const name of ['hub', 'backup']) {
    await runMgit(day.ports, join(day.path, '..'), 'init', '--bare', name);
    await day.git('remote', 'add', name, join(day.path, '..', name));
    await day.mgit('push', name, 'main');
  }
  await day.git('remote', 'remove', 'backup');
  await day.git('remote', 'add', 'server', 'https://models.invalid/m.git');
  const target = ['main:m.safetensors', '--tensor', 'second.weight', '--yes'];
  const run = await day.mgit('purge', ...target);
  expect(run).toContain('remote hub: 1 extent');
  expect(run).toMatch(/out of reach:\n {2}server: Git LFS has no way to delete/);
  expect(await holds(join(day.path, '.git'), secret)).toBe(false);
  expect(await holds(join(day.path, '../hub'), secret)).toBe(false);
  expect(await holds(backup, secret)).toBe(true); // Nobody knew of it.
  expect(await runMgit(day.ports, join(day.path, '../hub'), 'fsck')).toMatchObject({
    stderr: '',
    exitCode: 0,
  });

  const other = join(day.path, '..', 'other');
  await runMgit(day.ports, join(day.path, '..'), 'clone', backup, other);
  await runMgit(day.ports, other, 'commit', '--allow-empty', '-m', 'More');
  await runMgit(day.ports, other, 'push', 'origin', 'main');
  await day.git('remote', 'add', 'backup', backup);
  expect(await day.attempt('fetch', 'backup')).toMatchObject({ exitCode: 0 });
  expect(await day.attempt('fsck', '--repair', 'backup')).toMatchObject({ exitCode: 0 });
  expect(await holds(join(day.path, '.git'), secret)).toBe(false);
  expect(await day.attempt('push', 'hub', 'main')).toMatchObject({ exitCode: 0 });
});

test('a protected branch is not broken by chance', async () => {
  await using day = await patchScene();
  await day.mgit('switch', 'main');
  await day.write('mgit.yaml', 'version: 1\nprotect:\n  main: { gates: [] }\n');
  await day.mgit('add', 'mgit.yaml');
  await day.git('commit', '--quiet', '-m', 'Protect');
  const run = await day.attempt('purge', ...FIRST, '--yes');
  expect(run).toMatchObject({ exitCode: 1 });
  expect(run.stderr).toContain('error[BRANCH_PROTECTED]: the tip of a protected branch needs it: main');
  expect(await day.mgit('purge', ...FIRST, '--yes', '--force')).toContain('protected: main');
});

test.each([
  [['ab'.repeat(32), '--yes'], 'EXTENT_UNKNOWN'],
  [['first.weight'], 'USAGE'],
  [['ab'.repeat(32), '--tensor', 'x'], 'USAGE'],
  [['main:m.safetensors', '--tensor', 'x'], 'TENSOR_UNKNOWN'],
  [['main:notes.txt'], 'NOT_A_MODEL'],
])('a target that is none is refused: %j', async (argv, code) => {
  await using day = await patchScene();
  expect((await day.attempt('purge', ...argv)).stderr).toContain(`error[${code}]`);
});

test('with Git LFS the objects to delete are named, and a pack that comes again is rid of it', async () => {
  await using world = await remoteScene();
  const [alice, bob] = [await world.person('alice'), await world.person('bob')];
  const [secret, other] = [noiseTensor('secret', 1), noiseTensor('other', 2)];
  await alice.commitModel('main', [secret, other]);
  await pushRemote(alice, { remote: 'origin', refspecs: ['main'] });
  const what = digestOf(secret.data);
  const plan = await purgeExtents(alice, { what, cwd: world.home, isConfirmed: false });
  const [pack] = await alice.store.listPacks();
  const { oid } = await computePointer(alice, pack as PackId);
  expect(plan.outOfReach).toMatchObject([{ where: 'origin', objects: [oid] }]);

  const tombstone = { by: 'Bob <bob@example.org>', time: '2026-01-02T03:04:05.000Z', reason: null };
  await bob.store.purged.bury([what], tombstone);
  await fetchRemote(bob, { remote: 'origin' });
  expect(await bob.store.has(what)).toBe(false);
  expect(await bob.store.has(digestOf(other.data))).toBe(true);
  expect(await holds(join(world.home, 'bob/.git'), secret.data)).toBe(false);
  await expect(bob.store.require([what])).rejects.toMatchObject({
    code: 'EXTENT_PURGED',
    details: tombstone,
  });
});

test('a tombstone that cannot be read says so', async () => {
  await using day = await patchScene();
  await day.mgit('purge', ...FIRST, '--yes');
  const digest = await digestAt(day, 'main:m.safetensors');
  for (const text of ['null\n', '{}\n', '{', '{"version":1,"by":"A","time":"never","reason":null}\n']) {
    await day.write(`.git/mgit/purged/${digest}`, text);
    expect((await day.attempt('cat', ...FIRST, '-o', 'out')).stderr).toContain('error[TOMBSTONE_CORRUPT]');
  }
});
