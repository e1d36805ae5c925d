import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import { fetchRemote } from '../../../src/ops/transfer/fetch.ts';
import { pushRemote } from '../../../src/ops/transfer/push.ts';
import { modelRepository, noiseTensor } from '../../testkit/model-repository.ts';
import { run } from '../../testkit/programs.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

test('a bare repository on a path keeps the packs beside it', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const bare = join(home.path, 'model.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await using ada = await modelRepository(ports, join(home.path, 'ada'));
  await ada.history.setConfig('remote.origin.url', bare, 'local');
  const commit = await ada.commitModel('main', [noiseTensor('a', 1)]);
  const { packs } = await pushRemote(ada, { remote: 'origin' });
  expect(await readdir(join(bare, 'mgit', 'packs'))).toEqual([`${packs.ids[0]}.pack`]);
  expect(await readdir(join(bare, 'mgit', 'tmp'))).toEqual([]);
  const clone = await runMgit(ports, home.path, 'clone', 'model.git', 'copy');
  expect(clone).toMatchObject({ exitCode: 0, stderr: '' });
  const bytes = await readFile(join(home.path, 'copy', 'model.bin'));
  expect(Buffer.compare(bytes, await ada.modelBytes(commit))).toBe(0);
});

test("a repository with files on a path lends its own store's packs", async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await using ada = await modelRepository(ports, join(home.path, 'ada'));
  const first = await ada.commitModel('main', [noiseTensor('a', 1)]);
  await using bob = await modelRepository(ports, join(home.path, 'bob'));
  await bob.history.setConfig('remote.origin.url', join(home.path, 'ada'), 'local');
  await bob.history.setConfig('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*', 'local');
  const second = await bob.commitModel('side', [noiseTensor('a', 2)]);
  await pushRemote(bob, { remote: 'origin', refspecs: ['side'] });
  expect(Buffer.compare(await ada.modelBytes(second), await bob.modelBytes(second))).toBe(0);
  await pushRemote(ada, { remote: join(home.path, 'bob'), refspecs: ['main:refs/heads/other'] });
  await fetchRemote(bob);
  expect(await bob.history.readRef('refs/remotes/origin/main')).toBe(first);
  expect(Buffer.compare(await bob.modelBytes(first as CommitId), await ada.modelBytes(first))).toBe(0);
});

test('a repository that nobody pushed to can be cloned with its models', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await using ada = await modelRepository(ports, join(home.path, 'ada'));
  const commit = await ada.commitModel('main', [noiseTensor('a', 1)]);
  const clone = await runMgit(ports, home.path, 'clone', 'ada', 'copy');
  expect(clone).toMatchObject({ exitCode: 0, stderr: '' });
  expect(clone.events).not.toContainEqual(expect.objectContaining({ type: 'warning' }));
  const bytes = await readFile(join(home.path, 'copy', 'model.bin'));
  expect(Buffer.compare(bytes, await ada.modelBytes(commit))).toBe(0);
});
