import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../testkit/git.ts';
import { type Scene, scene } from '../testkit/scene.ts';

/** A repository with one commit in a folder of another. */
async function nest(outer: Scene, name: string): Promise<string> {
  const path = join(outer.path, name);
  await mkdir(path);
  await git(outer.ports, path, 'init', '-q');
  await outer.write(`${name}/file.txt`, 'inside\n');
  await git(outer.ports, path, 'add', '.');
  await git(outer.ports, path, 'commit', '-qm', 'inside');
  return path;
}

test.each(['embedded', 'system'] as const)('a submodule stays one (%s)', async history => {
  await using outer = await scene(history);
  const path = await nest(outer, 'sub');
  const commit = (await git(outer.ports, path, 'rev-parse', 'HEAD')).trim();
  await outer.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
  await outer.write('sub/other.txt', 'untracked there\n');
  await outer.write('README.md', 'outside\n');
  await outer.mgit('add', '.');
  await outer.mgit('commit', '-m', 'with a submodule');
  expect(await outer.mgit('status')).toContain('working tree clean');
  expect(await outer.git('ls-tree', '-r', 'HEAD')).toContain(`160000 commit ${commit}\tsub\n`);
  expect(await outer.git('ls-tree', '-r', '--name-only', 'HEAD')).toBe('README.md\nsub\n');
});

test('a repository inside is left out by "add ." and refused by name', async () => {
  await using outer = await scene();
  await nest(outer, 'inner');
  await outer.write('README.md', 'outside\n');
  const all = await outer.attempt('add', '.');
  expect(all.exitCode).toBe(0);
  expect(all.events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'NESTED_REPOSITORY' }));
  expect((await outer.attempt('add', 'inner', '--json')).json()).toMatchObject({
    error: { code: 'NESTED_REPOSITORY' },
  });
  expect(await outer.git('ls-files')).toBe('README.md\n');
});
