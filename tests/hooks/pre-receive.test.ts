import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
  type GatedRepository,
  gatedRepository,
  MAIN,
  newKey,
  pretendManifest,
} from '../testkit/gated-repository.ts';

/** A bare repository beside the given one, guarded by the hook, that has the first tip of main. */
function guardedRemote(repository: GatedRepository): string {
  const remote = join(repository.path, '..', 'remote.git');
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', remote]);
  repository.git('push', '-q', remote, `${repository.tip}:${MAIN}`);
  copyFileSync('hooks/pre-receive', join(remote, 'hooks', 'pre-receive'));
  chmodSync(join(remote, 'hooks', 'pre-receive'), 0o755);
  return remote;
}

/** Pushes as system git does; the hook runs mgit from its sources. */
function push(
  repository: GatedRepository,
  remote: string,
  ...refspecs: string[]
): { ok: boolean; output: string } {
  const run = spawnSync('git', ['push', remote, ...refspecs], {
    cwd: repository.path,
    encoding: 'utf8',
    env: {
      ...process.env,
      HOME: repository.home,
      MGIT: `${process.execPath} --no-warnings ${resolve('tests/testkit/mgit-program.ts')}`,
    },
  });
  return { ok: run.status === 0, output: run.stderr };
}

test('the hook lets through what is gated, its reports in the same push, and nothing else', async () => {
  await using repository = await gatedRepository();
  const remote = guardedRemote(repository);
  const files = { ...repository.files, 'model.safetensors': pretendManifest('better') };
  const candidate = await repository.commit(files, [repository.tip]);

  const unreported = push(repository, remote, `${candidate}:${MAIN}`);
  expect(unreported.output).toContain('there is no report on');
  expect(unreported.ok).toBe(false);

  await repository.report(candidate, repository.tip, { key: newKey() });
  const foreign = push(repository, remote, 'refs/mgit/reports', `${candidate}:${MAIN}`);
  expect(foreign.output).toContain('no signature of the report is by a key');
  expect(foreign.ok).toBe(false);

  await repository.report(candidate, repository.tip, { attempt: 2 });
  expect(push(repository, remote, `${candidate}:refs/heads/topic`).ok).toBe(true);
  const gated = push(repository, remote, 'refs/mgit/reports', `${candidate}:${MAIN}`);
  expect(gated.output).toContain('digits: pass, signed by maintainer');
  expect(gated.ok).toBe(true);
});

test('a protected branch is neither rewound nor deleted, and reports are never rewritten', async () => {
  await using repository = await gatedRepository();
  const remote = guardedRemote(repository);
  const candidate = await repository.commit({ ...repository.files, a: '1' }, [repository.tip]);
  await repository.report(candidate, repository.tip);
  expect(push(repository, remote, 'refs/mgit/reports', `${candidate}:${MAIN}`).ok).toBe(true);
  expect(push(repository, remote, '--force', `${repository.tip}:${MAIN}`).ok).toBe(false);
  expect(push(repository, remote, `:${MAIN}`).output).toContain('is protected and cannot be deleted');
  expect(push(repository, remote, ':refs/mgit/reports').output).toContain('cannot be deleted');
  const other = await repository.commit({ 'readme.md': 'x' }, []);
  expect(push(repository, remote, '--force', `${other}:refs/mgit/reports`).output).toContain(
    'cannot be rewritten',
  );
});

test('a descendant that drops or replaces reports or pack pointers is refused', async () => {
  await using repository = await gatedRepository();
  const remote = guardedRemote(repository);
  for (const ref of ['refs/mgit/reports', 'refs/mgit/packs']) {
    const first = await repository.commit({ a: '1', b: '2' }, []);
    expect(push(repository, remote, `${first}:${ref}`).ok).toBe(true);
    for (const files of [{ a: '1' }, { a: '1', b: 'other' }] as Record<string, string>[]) {
      const next = await repository.commit(files, [first]);
      expect(push(repository, remote, `${next}:${ref}`).output).toContain('cannot be rewritten');
    }
    const more = await repository.commit({ a: '1', b: '2', c: '3' }, [first]);
    expect(push(repository, remote, `${more}:${ref}`).ok).toBe(true);
  }
});
