import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Implementation, type TestRepository, testRepository } from './repository.ts';

export function signingCases(implementation: Implementation): void {
  test('commits and tags signed with an SSH key verify with git', async () => {
    await using repo = await testRepository(implementation);
    await useSshKey(repo);
    const { history } = repo;
    const tree = await history.writeTree([]);
    const plain = await history.writeCommit({ tree, parents: [], message: 'plain\n' });
    const signed = await history.writeCommit({
      tree,
      parents: [plain],
      message: 'signed\n\nbody\n',
      sign: true,
    });
    expect((await history.readCommit(plain)).signed).toBe(false);
    expect(await repo.other.readCommit(signed)).toMatchObject({ signed: true, message: 'signed\n\nbody\n' });
    repo.git('verify-commit', signed);
    await history.setConfig('commit.gpgSign', 'true', 'local');
    const configured = await history.writeCommit({ tree, parents: [signed], message: 'by default\n' });
    repo.git('verify-commit', configured);
    const unsigned = await history.writeCommit({ tree, parents: [], message: 'x\n', sign: false });
    expect((await history.readCommit(unsigned)).signed).toBe(false);
    const tag = await history.writeTag({ name: 'v1', target: signed, message: 'v1\n', sign: true });
    await history.updateRefs([{ ref: 'refs/tags/v1', target: tag }], 'x');
    repo.git('verify-tag', 'v1');
    repo.git('fsck', '--strict');
  });

  test('commits signed with OpenPGP verify with git', async () => {
    await using repo = await testRepository(implementation, { gnupg: true });
    const gpg = (...args: string[]): string =>
      execFileSync('gpg', ['--batch', '--quiet', '--passphrase', '', ...args], {
        env: repo.ports.env as NodeJS.ProcessEnv,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    try {
      gpg('--quick-gen-key', 'A Contributor <contributor@example.org>', 'ed25519', 'sign', 'never');
      const tree = await repo.history.writeTree([]);
      const signed = await repo.history.writeCommit({ tree, parents: [], message: 'signed\n', sign: true });
      repo.git('verify-commit', signed);
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { env: repo.ports.env as NodeJS.ProcessEnv });
    }
  });

  test.each([
    ['gpg.format', 'unheard-of'],
    ['user.signingKey', '/no/such/key'],
    ['gpg.ssh.program', '/no/such/program'],
  ])('with %s = %s nothing is written unsigned', async (key, value) => {
    await using repo = await testRepository(implementation);
    await useSshKey(repo);
    await repo.history.setConfig('commit.gpgSign', 'true', 'local');
    await repo.history.setConfig(key, value, 'local');
    const tree = await repo.history.writeTree([]);
    await expect(repo.history.writeCommit({ tree, parents: [], message: 'x\n' })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
    });
  });
}

async function useSshKey(repo: TestRepository): Promise<void> {
  mkdirSync(join(repo.home, 'keys'));
  const key = join(repo.home, 'keys/id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key]);
  const allowed = join(repo.home, 'allowed');
  writeFileSync(allowed, `contributor@example.org ${readFileSync(`${key}.pub`, 'utf8')}`);
  await repo.history.setConfig('gpg.format', 'ssh', 'local');
  await repo.history.setConfig('user.signingKey', '~/keys/id', 'local');
  await repo.history.setConfig('gpg.ssh.allowedSignersFile', allowed, 'local');
}
