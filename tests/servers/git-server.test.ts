import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitServer } from '../testkit/git-server.ts';
import { run } from '../testkit/programs.ts';
import { temporaryDirectory, testEnvironment } from '../testkit/world.ts';

test('git itself pushes to and clones from the test server', async () => {
  await using home = await temporaryDirectory();
  await using server = await gitServer(join(home.path, 'srv'));
  const url = await server.createRepository('model');
  const env = testEnvironment(home.path) as NodeJS.ProcessEnv;
  const git = (...args: string[]) => run('git', args, { cwd: home.path, env });
  await git('init', '--quiet', '--initial-branch=main', 'a');
  // Larger than git's buffer for posts, so that the body comes in chunks, and compressible.
  await writeFile(
    join(home.path, 'a', 'large'),
    Array.from({ length: 200_000 }, (_, n) => `${n * 7919}\n`).join(''),
  );
  await git('-C', 'a', 'add', 'large');
  await git('-C', 'a', 'commit', '--quiet', '-m', 'large');
  await git('-C', 'a', '-c', 'http.postBuffer=65536', 'push', '--quiet', url, 'main');
  await git('clone', '--quiet', url, 'b');
  expect((await git('-C', 'b', 'rev-parse', 'HEAD')).stdout).toBe(
    (await git('-C', 'a', 'rev-parse', 'HEAD')).stdout,
  );
  await git('-C', 'b', 'fsck', '--strict');
});

test('git is asked for credentials', async () => {
  await using home = await temporaryDirectory();
  const basicAuth = { username: 'alpha', password: 'engine' };
  await using server = await gitServer(join(home.path, 'srv'), { basicAuth });
  const url = await server.createRepository('model');
  const env = { ...testEnvironment(home.path), GIT_TERMINAL_PROMPT: '0' } as NodeJS.ProcessEnv;
  await expect(run('git', ['ls-remote', url], { cwd: home.path, env })).rejects.toThrow(
    'could not read Username',
  );
  await run('git', ['ls-remote', url.replace('//', '//alpha:engine@')], { cwd: home.path, env });
});
