import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId } from '../../src/base/ids.ts';
import { pushRemote } from '../../src/ops/transfer/push.ts';
import { noiseTensor } from '../testkit/model-repository.ts';
import { run } from '../testkit/programs.ts';
import { type RemoteScene, remoteScene } from '../testkit/remote-scene.ts';
import { runMgit } from '../testkit/world.ts';

const mgit = (world: RemoteScene, directory: string, ...argv: string[]) =>
  runMgit(world.ports, join(world.home, directory), ...argv);

/** The server's repository with one commit of Alpha's on main. */
async function published(world: RemoteScene) {
  const alpha = await world.person('alpha');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1), noiseTensor('b', 2)]);
  await pushRemote(alpha, { remote: 'origin' });
  return { alpha, commit, bytes: await alpha.modelBytes(commit) };
}

test('a clone holds the files byte for byte and knows its remote', async () => {
  await using world = await remoteScene();
  const { commit, bytes } = await published(world);
  const result = await mgit(world, '', 'clone', world.url, 'copy', '--json');
  expect(result.stderr).toBe('');
  expect(result.json()).toMatchObject({
    branch: 'main',
    commit,
    files: 2,
    fetched: { packs: { ids: [expect.any(String)] } },
  });
  expect(Buffer.compare(await readFile(join(world.home, 'copy', 'model.bin')), bytes)).toBe(0);
  const git = (...args: string[]) => run('git', ['-C', join(world.home, 'copy'), ...args]);
  expect((await git('config', 'remote.origin.url')).stdout).toBe(`${world.url}\n`);
  expect((await git('rev-parse', '--abbrev-ref', 'main@{upstream}')).stdout).toBe('origin/main\n');
  expect((await git('config', 'filter.mgit.process')).stdout).toBe('mgit filter-process\n');
  await git('fsck', '--strict');
});

test('a clone may leave the files, and names its directory after the URL', async () => {
  await using world = await remoteScene();
  const { bytes } = await published(world);
  expect(await mgit(world, '', 'clone', '--no-checkout', world.url)).toMatchObject({ exitCode: 0 });
  expect(await readdir(join(world.home, 'model'))).toEqual(['.git']);
  expect(bytes.length).toBeGreaterThan(0);
});

test('a clone of an empty repository is on its branch to be', async () => {
  await using world = await remoteScene();
  expect((await mgit(world, '', 'clone', world.url)).stdout).toContain('no commits yet');
});

test('a clone that fails leaves nothing', async () => {
  await using world = await remoteScene();
  await published(world);
  world.server.faults.setPlan(({ path, method }) =>
    method === 'GET' && path.includes('/objects/') ? { kind: 'corrupt' } : undefined,
  );
  expect((await mgit(world, '', 'clone', world.url)).exitCode).toBe(1);
  expect(await readdir(world.home)).not.toContain('model');
  expect((await mgit(world, '', 'clone', `${world.server.origin}/nothing.git`)).stderr).toContain(
    'REMOTE_NOT_FOUND',
  );
  expect(await readdir(world.home)).not.toContain('nothing');
});

test('a clone does not touch what is there', async () => {
  await using world = await remoteScene();
  await published(world);
  const result = await mgit(world, '', 'clone', world.url, 'alpha');
  expect(result.stderr).toContain('error[DIRECTORY_NOT_EMPTY]');
});

test('pull moves branch and files forward, and stops where both sides moved', async () => {
  await using world = await remoteScene();
  const { alpha, commit } = await published(world);
  await mgit(world, '', 'clone', world.url, 'beta');
  expect((await mgit(world, 'beta', 'pull')).stdout).toBe('Already up to date.\n');
  const second = await alpha.commitModel('main', [noiseTensor('a', 1), noiseTensor('b', 3)], [commit]);
  expect((await mgit(world, 'alpha', 'push', 'origin')).exitCode).toBe(0);
  const pulled = await mgit(world, 'beta', 'pull', '--json');
  expect(pulled.json()).toMatchObject({ status: 'fast-forward', old: commit, new: second, files: 1 });
  expect(
    Buffer.compare(await readFile(join(world.home, 'beta', 'model.bin')), await alpha.modelBytes(second)),
  ).toBe(0);
  const third = await alpha.commitModel('main', [noiseTensor('a', 4)], [second]);
  await mgit(world, 'alpha', 'push', 'origin');
  const git = (...args: string[]) =>
    run('git', ['-C', join(world.home, 'beta'), ...args], { env: world.ports.env as NodeJS.ProcessEnv });
  // Without the filter: `mgit` is not on the PATH of a test.
  await git(
    '-c',
    'filter.mgit.process=',
    '-c',
    'filter.mgit.required=false',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    'mine',
  );
  const diverged = await mgit(world, 'beta', 'pull', '--ff-only');
  expect(diverged.stderr).toContain('error[PULL_DIVERGED]');
  expect(diverged.stderr).toContain('mgit merge origin/main');
  expect((await git('rev-parse', 'origin/main')).stdout.trim()).toBe(third);
});

test('push says what happened, per ref, and sets the upstream', async () => {
  await using world = await remoteScene();
  const { alpha, commit } = await published(world);
  await alpha.history.updateRefs([{ ref: 'refs/heads/side', target: commit }], 'test');
  await alpha.history.setHead({ branch: 'refs/heads/side' }, 'test');
  expect((await mgit(world, 'alpha', 'push')).stderr).toContain('error[UPSTREAM_MISSING]');
  const result = await mgit(world, 'alpha', 'push', '-u', 'origin', 'side');
  expect(result.stdout.replaceAll(world.url, '<url>')).toMatchInlineSnapshot(`
    "To <url>
     * [new branch]  side -> side
    "
  `);
  expect((await mgit(world, 'alpha', 'push')).stdout).toBe('Everything up to date.\n');
});

test('a rejected push exits with 1 and details', async () => {
  await using world = await remoteScene();
  await published(world);
  const beta = await world.person('beta');
  await beta.commitModel('main', [noiseTensor('z', 9)]);
  const result = await mgit(world, 'beta', 'push', 'origin', '--json');
  expect(result.exitCode).toBe(1);
  expect(result.json()).toMatchObject({
    error: { code: 'PUSH_REJECTED', details: { refs: [{ ref: 'refs/heads/main', status: 'rejected' }] } },
  });
});

test('the pre-push hook decides', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  const hook = join(world.home, 'alpha', '.git', 'hooks', 'pre-push');
  await writeFile(hook, `#!/bin/sh\ncat > "${world.home}/seen"\nexit 1\n`, { mode: 0o755 });
  expect((await mgit(world, 'alpha', 'push', 'origin')).stderr).toContain('error[HOOK_FAILED]');
  expect(await readFile(join(world.home, 'seen'), 'utf8')).toBe(
    `refs/heads/main ${commit} refs/heads/main ${'0'.repeat(40)}\n`,
  );
  expect(world.server.lfs.objects.size).toBe(0);
  expect((await mgit(world, 'alpha', 'push', '--no-verify', 'origin')).exitCode).toBe(0);
});

test('remotes are listed, added, changed and removed', async () => {
  await using world = await remoteScene();
  const { alpha } = await published(world);
  await mgit(world, 'alpha', 'remote', 'add', 'mirror', 'https://alpha:secret@example.org/a.git');
  expect((await mgit(world, 'alpha', 'remote')).stdout).toBe(
    `mirror  https://example.org/a.git\norigin  ${world.url}\n`,
  );
  expect((await mgit(world, 'alpha', 'remote', 'add', 'mirror', 'x:y')).stderr).toContain(
    'error[REMOTE_EXISTS]',
  );
  await mgit(world, 'alpha', 'remote', 'set-url', 'mirror', world.url);
  expect((await mgit(world, 'alpha', 'fetch', 'mirror')).stdout).toContain('main -> mirror/main');
  await mgit(world, 'alpha', 'remote', 'remove', 'mirror');
  expect((await mgit(world, 'alpha', 'remote', '--json')).json()).toMatchObject({
    remotes: [{ name: 'origin' }],
  });
  expect((await alpha.history.listRefs('refs/remotes/mirror/')).length).toBe(0);
  expect((await mgit(world, 'alpha', 'fetch', 'mirror')).stderr).toContain('error[REMOTE_UNKNOWN]');
});

test('fetch prunes what is gone, and nothing else', async () => {
  await using world = await remoteScene();
  const { alpha, commit } = await published(world);
  await pushRemote(alpha, { remote: 'origin', refspecs: ['main:refs/heads/side'] });
  await mgit(world, '', 'clone', world.url, 'beta');
  await pushRemote(alpha, { remote: 'origin', refspecs: [':side'] });
  expect((await mgit(world, 'beta', 'fetch', '--prune')).stdout).toContain('[pruned]');
  const refs = await run('git', [
    '-C',
    join(world.home, 'beta'),
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    'refs/remotes',
  ]);
  expect(refs.stdout).toBe(`refs/remotes/origin/main ${commit as CommitId}\n`);
});
