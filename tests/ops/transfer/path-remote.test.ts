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
  await using alpha = await modelRepository(ports, join(home.path, 'alpha'));
  await alpha.history.setConfig('remote.origin.url', bare, 'local');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  const { packs } = await pushRemote(alpha, { remote: 'origin' });
  expect(await readdir(join(bare, 'mgit', 'packs'))).toEqual([`${packs.ids[0]}.pack`]);
  expect(await readdir(join(bare, 'mgit', 'tmp'))).toEqual([]);
  const clone = await runMgit(ports, home.path, 'clone', 'model.git', 'copy');
  expect(clone).toMatchObject({ exitCode: 0, stderr: '' });
  const bytes = await readFile(join(home.path, 'copy', 'model.bin'));
  expect(Buffer.compare(bytes, await alpha.modelBytes(commit))).toBe(0);
});

test("a repository with files on a path lends its own store's packs", async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await using alpha = await modelRepository(ports, join(home.path, 'alpha'));
  const first = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await using beta = await modelRepository(ports, join(home.path, 'beta'));
  await beta.history.setConfig('remote.origin.url', join(home.path, 'alpha'), 'local');
  await beta.history.setConfig('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*', 'local');
  const second = await beta.commitModel('side', [noiseTensor('a', 2)]);
  await pushRemote(beta, { remote: 'origin', refspecs: ['side'] });
  expect(Buffer.compare(await alpha.modelBytes(second), await beta.modelBytes(second))).toBe(0);
  await pushRemote(alpha, { remote: join(home.path, 'beta'), refspecs: ['main:refs/heads/other'] });
  await fetchRemote(beta);
  expect(await beta.history.readRef('refs/remotes/origin/main')).toBe(first);
  expect(Buffer.compare(await beta.modelBytes(first as CommitId), await alpha.modelBytes(first))).toBe(0);
});

test('a repository that nobody pushed to can be cloned with its models', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await using alpha = await modelRepository(ports, join(home.path, 'alpha'));
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  const clone = await runMgit(ports, home.path, 'clone', 'alpha', 'copy');
  expect(clone).toMatchObject({ exitCode: 0, stderr: '' });
  expect(clone.events).not.toContainEqual(expect.objectContaining({ type: 'warning' }));
  const bytes = await readFile(join(home.path, 'copy', 'model.bin'));
  expect(Buffer.compare(bytes, await alpha.modelBytes(commit))).toBe(0);
});
