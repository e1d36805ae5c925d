import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GitServer, gitServer } from '../testkit/git-server.ts';
import { picoModel } from '../testkit/pico-model.ts';
import { requiredProgram } from '../testkit/programs.ts';
import { type Scene, scene } from '../testkit/scene.ts';

interface World extends AsyncDisposable {
  readonly day: Scene;
  readonly server: GitServer;
}

/** Three versions of a model that git-lfs itself has committed and pushed, and a file that is none. */
async function pushedByGitLfs(): Promise<World> {
  await requiredProgram('git', 'lfs', 'version');
  const day = await scene();
  const server = await gitServer(join(day.path, '../srv'));
  await day.git('remote', 'add', 'origin', await server.createRepository('model'));
  await day.git('lfs', 'install', '--local');
  await day.git('lfs', 'track', '*.safetensors', '*.png');
  for (const seed of [1, 2, 3]) {
    await day.write('model.safetensors', picoModel(seed));
    await day.write('picture.png', `no model ${seed}`);
    await day.git('add', '-A');
    await day.git('commit', '--quiet', '-m', `Version ${seed}`);
  }
  await day.git('push', '--quiet', '--set-upstream', 'origin', 'main');
  return {
    day,
    server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await day[Symbol.asyncDispose]();
    },
  };
}

/** Which versions of the model were downloaded. git-lfs itself puts the newest back whenever Git looks at the work tree. */
function downloads({ faults }: GitServer): readonly number[] {
  const paths = faults.seen.filter(({ method }) => method === 'GET').map(({ path }) => path);
  const oid = (seed: number) => createHash('sha256').update(picoModel(seed)).digest('hex');
  return [1, 2].filter(seed => paths.some(path => path.endsWith(oid(seed))));
}

test('a repository of git-lfs becomes one of mgit; objects come from the server, and what is no model stays with git-lfs', async () => {
  await using world = await pushedByGitLfs();
  const { day, server } = world;
  await rm(join(day.path, '.git/lfs/objects'), { recursive: true });
  await day.mgit('import', '--from-lfs');
  expect(downloads(server)).toEqual([1, 2]);
  expect(await day.git('lfs', 'ls-files', '--name-only')).toBe('picture.png\n');
  expect(await day.git('status', '--porcelain')).toBe('');
  expect((await day.read('model.safetensors')).equals(picoModel(3))).toBe(true);
  expect((await day.read('picture.png')).toString()).toBe('no model 3');
  await day.mgit('push', '--force', 'origin', 'main');
  await day.mgit('clone', `${server.origin}/model.git`, '../clone');
  expect((await day.read('../clone/model.safetensors')).equals(picoModel(3))).toBe(true);
  await day.mgit('undo');
  expect((await day.git('lfs', 'ls-files', '--name-only')).split('\n')).toEqual([
    'model.safetensors',
    'picture.png',
    '',
  ]);
});

test('an import that lost the server moves nothing; the next one fetches only what is left', async () => {
  await using world = await pushedByGitLfs();
  const { day, server } = world;
  await rm(join(day.path, '.git/lfs/objects'), { recursive: true });
  const before = await day.git('for-each-ref');
  let objects = 0;
  server.faults.setPlan(({ method, path }) =>
    method === 'GET' && path.includes('/info/lfs/') && ++objects > 1
      ? { kind: 'status', status: 503 }
      : undefined,
  );
  expect((await day.attempt('import', '--from-lfs')).stderr).toContain('error[REMOTE_UNREACHABLE]');
  expect(await day.git('for-each-ref')).toBe(before);
  server.faults.setPlan(() => undefined);
  // Now only what is committed says where the server is.
  await day.write('.lfsconfig', `[lfs]\n\turl = ${server.origin}/model.git/info/lfs\n`);
  await day.git('add', '.lfsconfig');
  await day.git('commit', '--quiet', '-m', 'Name the server');
  await day.git('remote', 'set-url', 'origin', server.pathOf('model'));
  await day.mgit('import', '--from-lfs');
  expect(downloads(server)).toEqual([2]);
});
