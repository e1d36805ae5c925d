import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';
import { runGit, testRepository } from './repository.ts';
import { type RemotePlace, transferCases } from './transfer-cases.ts';

describe('transfer to a path: system', () => transferCases('system', directoryPlace));

test('without git, only HTTP', async () => {
  await using repo = await testRepository('embedded');
  for (const remote of [
    'git@example.org:a/b.git',
    'ssh://example.org/a',
    '/some/path',
    'file:///some/path',
    '../x',
  ])
    await expect(repo.history.listRemoteRefs(remote)).rejects.toMatchObject({
      code: 'REMOTE_UNSUPPORTED',
      hint: 'install git',
    });
});

test('a password in a URL is not in the message', async () => {
  await using repo = await testRepository('embedded');
  const listing = repo.history.listRemoteRefs('https://alpha:secret@127.0.0.1:1/x.git');
  await expect(listing).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  await expect(listing).rejects.not.toThrow(/secret/);
});

async function directoryPlace(): Promise<RemotePlace> {
  const root = await temporaryDirectory();
  const pathOf = (name: string): string => join(root.path, `${name}.git`);
  return {
    pathOf,
    createRepository: async name => {
      mkdirSync(pathOf(name));
      runGit(testPorts(root.path), pathOf(name), ['init', '-q', '--bare', '--initial-branch=main']);
      return pathOf(name);
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
