import { mkdirSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { initHistory } from '../../../src/store/history/init.ts';
import { openHistory } from '../../../src/store/history/open.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';
import { type Implementation, runGit, type TestRepository, testRepository } from './repository.ts';

export function openingCases(implementation: Implementation): void {
  const open = async (repo: TestRepository, directory: string, env: Record<string, string> = {}) => {
    const ports = { ...repo.ports, env: { ...repo.ports.env, ...env } };
    const history = await openHistory({ ports, directory, implementation });
    await history.close();
    const { gitDirectory, commonDirectory, workTree } = history;
    return { gitDirectory, commonDirectory, workTree };
  };

  test('a repository is found from a folder deep inside, also through a link', async () => {
    await using repo = await testRepository(implementation);
    const root = realpathSync(repo.path);
    const here = { gitDirectory: join(root, '.git'), commonDirectory: join(root, '.git'), workTree: root };
    mkdirSync(join(repo.path, 'a/b'), { recursive: true });
    symlinkSync(join(repo.path, 'a'), join(repo.home, 'link'));
    expect(await open(repo, join(repo.path, 'a/b'))).toEqual(here);
    expect(await open(repo, join(repo.home, 'link'))).toEqual(here);
    expect(await open(repo, repo.home, { GIT_DIR: join(root, '.git'), GIT_WORK_TREE: root })).toEqual(here);
    expect((await open(repo, join(root, '.git'))).workTree).toBeUndefined();
  });

  test('a bare repository, a linked work tree, a .git file', async () => {
    await using bare = await testRepository(implementation, { bare: true });
    expect(await open(bare, bare.path)).toEqual({
      gitDirectory: realpathSync(bare.path),
      commonDirectory: realpathSync(bare.path),
      workTree: undefined,
    });
    await using repo = await testRepository(implementation);
    const one = await repo.commit('one');
    await repo.history.updateRefs([{ ref: 'refs/heads/main', target: one }], 'x');
    const linked = join(realpathSync(repo.home), 'linked');
    repo.git('worktree', 'add', '-q', '-b', 'side', linked);
    const root = realpathSync(repo.path);
    expect(await open(repo, linked)).toEqual({
      gitDirectory: join(root, '.git/worktrees/linked'),
      commonDirectory: join(root, '.git'),
      workTree: linked,
    });
    const history = await openHistory({ ports: repo.ports, directory: linked, implementation });
    expect(await history.head()).toEqual({ kind: 'branch', ref: 'refs/heads/side', commit: one });
    const two = await repo.commit('two', [one]);
    await history.updateRefs([{ ref: 'HEAD', target: two, expected: one }], 'commit: two');
    expect((await history.reflog('HEAD'))[0]?.message).toBe('commit: two');
    await history.close();
    expect(repo.git('rev-parse', 'side', 'main')).toBe(`${two}\n${one}`);
    renameSync(join(root, '.git'), join(realpathSync(repo.home), 'moved'));
    writeFileSync(join(root, '.git'), `gitdir: ${join(realpathSync(repo.home), 'moved')}\n`);
    expect((await open(repo, root)).workTree).toBe(root);
  });

  test('no repository', async () => {
    await using directory = await temporaryDirectory();
    const ports = testPorts(directory.path);
    await expect(openHistory({ ports, directory: directory.path, implementation })).rejects.toMatchObject({
      code: 'NOT_A_REPOSITORY',
      hint: 'run `mgit init` to make one here',
    });
  });

  test.each([
    ['core.repositoryFormatVersion', '2'],
    ['extensions.unheardOf', 'true'],
    ['extensions.refStorage', 'reftable'],
  ])('a repository with %s = %s is refused', async (key, value) => {
    await using repo = await testRepository(implementation);
    runGit(repo.ports, repo.home, [
      'config',
      '-f',
      join(repo.path, '.git/config'),
      'core.repositoryFormatVersion',
      '1',
    ]);
    runGit(repo.ports, repo.home, ['config', '-f', join(repo.path, '.git/config'), key, value]);
    await expect(open(repo, repo.path)).rejects.toMatchObject({ code: 'REPOSITORY_UNSUPPORTED' });
  });

  test('a SHA-256 repository is refused', async () => {
    await using directory = await temporaryDirectory();
    const ports = testPorts(directory.path);
    runGit(ports, directory.path, ['init', '-q', '--object-format=sha256']);
    await expect(openHistory({ ports, directory: directory.path, implementation })).rejects.toMatchObject({
      code: 'REPOSITORY_UNSUPPORTED',
    });
  });

  test('a new repository is one to git, on the configured branch; an existing one stays', async () => {
    await using directory = await temporaryDirectory();
    const ports = testPorts(directory.path);
    runGit(ports, directory.path, ['config', '--global', 'init.defaultBranch', 'trunk']);
    const path = join(directory.path, 'new/one');
    const history = await initHistory({ ports, directory: path, implementation });
    expect(await history.head()).toMatchObject({ ref: 'refs/heads/trunk' });
    expect(runGit(ports, path, ['status', '--porcelain=v2', '--branch'])).toContain('# branch.head trunk');
    runGit(ports, path, ['commit', '-q', '--allow-empty', '-m', 'git']);
    const again = await initHistory({ ports, directory: path, implementation, initialBranch: 'other' });
    expect(await again.resolveCommit('trunk')).toBe(runGit(ports, path, ['rev-parse', 'HEAD']));
    await expect(
      initHistory({ ports, directory: join(path, 'x'), implementation, initialBranch: 'a..b' }),
    ).rejects.toMatchObject({ code: 'REF_INVALID' });
    await history.close();
    await again.close();
  });

  test('objects of alternates are found', async () => {
    await using repo = await testRepository(implementation);
    const one = await repo.commit('one');
    await repo.history.updateRefs([{ ref: 'refs/heads/main', target: one }], 'x');
    const clone = join(repo.home, 'clone');
    repo.git('clone', '-q', '--shared', '--bare', repo.path, clone);
    const history = await openHistory({ ports: repo.ports, directory: clone, implementation });
    expect((await history.readCommit(one)).message).toBe('one\n');
    expect(await history.resolveCommit(one.slice(0, 8))).toBe(one);
    await history.close();
  });
}
