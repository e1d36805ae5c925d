import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHistory } from '../../../src/store/history/open.ts';
import { type Implementation, runGit, testRepository } from './repository.ts';

export function configCases(implementation: Implementation): void {
  test('files in their order, includes, environment', async () => {
    await using repo = await testRepository(implementation);
    mkdirSync(join(repo.home, '.config/git'), { recursive: true });
    writeFileSync(join(repo.home, '.config/git/config'), '[a]\n\tx = xdg\n\ty = xdg\n');
    writeFileSync(
      join(repo.home, '.gitconfig'),
      `[A]\n\tX = global ; comment\n\tz = "quoted # \\"text\\" " tail \\\n next\n[include]\n\tpath = more.config\n[includeIf "gitdir:${repo.path}/"]\n\tpath = here.config\n[includeIf "gitdir:/elsewhere/"]\n\tpath = never.config\n[b "Sub.Section"]\n\tkey\n\tempty =\n\ttab = a\\tb\n[b.OLD]key=joined\n`,
    );
    writeFileSync(join(repo.home, 'more.config'), '[a]\n\tincluded = 1\n\tx = included\n');
    writeFileSync(join(repo.home, 'here.config'), '[a]\n\there = yes\n');
    repo.git('config', '--add', 'a.multi', 'one');
    repo.git('config', '--add', 'a.multi', 'two');
    const env = {
      ...repo.ports.env,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'a.env',
      GIT_CONFIG_VALUE_0: 'from environment',
    };
    const ports = { ...repo.ports, env };
    const history = await openHistory({ ports, directory: repo.path, implementation });
    const listed = runGit(ports, repo.path, ['config', '--list', '--includes', '-z'])
      .split('\0')
      .slice(0, -1);
    expect((await history.listConfig()).map(({ key, value }) => `${key}\n${value}`)).toEqual(
      listed.map(item => (item.includes('\n') ? item : `${item}\ntrue`)),
    );
    expect(await history.config('a.x')).toBe('included');
    expect(await history.config('A.Z')).toBe('quoted # "text"  tail  next');
    expect(await history.config('b.Sub.Section.KEY')).toBe('true');
    expect(await history.config('b.sub.section.key')).toBeUndefined();
    expect(await history.config('b.old.key')).toBe('joined');
    expect(await history.config('a.here')).toBe('yes');
    expect(await history.config('a.env')).toBe('from environment');
    expect(await history.configAll('a.multi')).toEqual(['one', 'two']);
    await history.close();
  });

  test('values are set, replaced and unset, and the rest of the file stays', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const file = join(repo.path, '.git/config');
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}# a comment\n[remote "origin"]\n\turl = x\n\tfetch = a\n\tfetch = b\n`,
    );
    await history.setConfig('remote.origin.url', 'https://example.org/#1; "x" \\', 'local');
    await history.setConfig('remote.origin.fetch', null, 'local');
    await history.setConfig('branch.Feature/X.remote', 'origin', 'local');
    await history.setConfig('user.name', ' Delta ', 'global');
    await history.setConfig('not.there', null, 'local');
    expect(repo.git('config', 'remote.origin.url')).toBe('https://example.org/#1; "x" \\');
    expect(repo.git('config', '--global', 'user.name')).toBe(' Delta ');
    expect(repo.git('config', 'branch.Feature/X.remote')).toBe('origin');
    expect(readFileSync(file, 'utf8')).toContain('# a comment');
    expect(await history.configAll('remote.origin.fetch')).toEqual([]);
    expect(await history.config('branch.Feature/X.remote')).toBe('origin');
    await expect(history.setConfig('nokey', 'x', 'local')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a locked configuration is not written', async () => {
    await using repo = await testRepository(implementation);
    writeFileSync(join(repo.path, '.git/config.lock'), '');
    await expect(repo.history.setConfig('a.b', 'c', 'local')).rejects.toMatchObject({
      code: 'CONFIG_LOCKED',
    });
  });

  test('identity: environment, then role, then user; never guessed', async () => {
    await using repo = await testRepository(implementation);
    const without = {
      GIT_AUTHOR_NAME: undefined,
      GIT_AUTHOR_EMAIL: undefined,
      GIT_COMMITTER_EMAIL: undefined,
    };
    const ports = {
      ...repo.ports,
      env: { ...repo.ports.env, ...without, GIT_AUTHOR_DATE: '1700000000 -0130' },
    };
    const history = await openHistory({ ports, directory: repo.path, implementation });
    await expect(history.identity('author')).rejects.toMatchObject({ code: 'IDENTITY_UNKNOWN' });
    await history.setConfig('user.name', 'Delta', 'global');
    await history.setConfig('user.email', 'delta@example.org', 'global');
    await history.setConfig('author.email', 'author@example.org', 'local');
    expect(await history.identity('author')).toEqual({
      name: 'Delta',
      email: 'author@example.org',
      timestamp: 1_700_000_000,
      timezoneOffset: -90,
    });
    expect(await history.identity('committer')).toMatchObject({
      name: 'A Contributor',
      email: 'delta@example.org',
    });
    await history.close();
  });

  test('hooks: absent, passing, failing, elsewhere, not executable', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const hook = (directory: string, name: string, body: string, mode = 0o755) => {
      mkdirSync(join(repo.path, directory), { recursive: true });
      writeFileSync(join(repo.path, directory, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(repo.path, directory, name), mode);
    };
    expect(await history.runHook('pre-commit', [])).toBe(true);
    hook('.git/hooks', 'pre-commit', 'pwd > seen; cat >> seen; echo "$1" >> seen');
    expect(await history.runHook('pre-commit', ['argument'], 'input\n')).toBe(true);
    expect(readFileSync(join(repo.path, 'seen'), 'utf8')).toBe(`${history.workTree}\ninput\nargument\n`);
    hook('.git/hooks', 'pre-commit', 'exit 1');
    expect(await history.runHook('pre-commit', [])).toBe(false);
    hook('.git/hooks', 'pre-push', 'exit 1', 0o644);
    expect(await history.runHook('pre-push', [])).toBe(true);
    hook('own-hooks', 'pre-commit', 'exit 0');
    await history.setConfig('core.hooksPath', 'own-hooks', 'local');
    expect(await history.runHook('pre-commit', [])).toBe(true);
  });
}
