import { expect, test } from 'vitest';
import { nodeProcesses } from '../../src/base/ports/node-process.ts';
import type { SpawnRequest, SpawnResult } from '../../src/base/ports/process.ts';
import { endpointFinder } from '../../src/remote/lfs-endpoint.ts';
import { parseRemoteUrl, type RemoteAddress } from '../../src/remote/remote-url.ts';
import type { History } from '../../src/store/history/history.ts';
import { testPorts } from '../testkit/world.ts';

type Ssh = RemoteAddress & { kind: 'ssh' };

/** A host whose `git-lfs-authenticate` answers `stdout`; `asked` holds what was run. */
function host(stdout: string, code = 0) {
  const asked: SpawnRequest[] = [];
  const run = async (request: SpawnRequest): Promise<SpawnResult> => {
    asked.push(request);
    return {
      code,
      signalName: null,
      timedOut: false,
      stdout: Buffer.from(stdout),
      stderr: Buffer.from('denied\n'),
    };
  };
  const ports = testPorts('/nowhere', {
    processes: {
      ...nodeProcesses(),
      run,
      converse: () => {
        throw new Error('unused');
      },
    },
  });
  const history = { config: async () => undefined } as unknown as History;
  const find = (url: string) =>
    endpointFinder(ports, history, { address: parseRemoteUrl(url, '/') as Ssh, configured: undefined });
  return { asked, find };
}

test('the host of an ssh remote says where its LFS server is, once per operation', async () => {
  const answer = JSON.stringify({
    href: 'https://lfs.example.org/a/',
    header: { Authorization: 'RemoteAuth x' },
  });
  const { asked, find } = host(answer);
  const finder = find("ssh://git@example.org:2222/team/it's.git");
  const endpoint = { url: 'https://lfs.example.org/a', headers: { Authorization: 'RemoteAuth x' } };
  expect(await finder('upload')).toEqual(endpoint);
  expect(await finder('upload')).toEqual(endpoint);
  expect(asked.map(({ command, args }) => [command, ...args])).toEqual([
    ['ssh', '-p', '2222', 'git@example.org', "git-lfs-authenticate '/team/it'\\''s.git' upload"],
  ]);
  await finder('download');
  expect(asked).toHaveLength(2);
});

test.each([
  ['not json', 0],
  ['{"href":"nowhere"}', 0],
  ['', 1],
])('an answer that is none is refused: %j', async (text, code) => {
  await expect(host(text, code).find('git@example.org:a.git')('upload')).rejects.toMatchObject({
    code: 'REMOTE_AUTH',
  });
});

test('configuration comes first', async () => {
  const { find } = host('');
  expect(find('git@example.org:a.git')).toBeTypeOf('function');
  const ports = testPorts('/nowhere');
  const configured = endpointFinder(ports, {} as History, {
    address: { kind: 'http', url: 'https://example.org/a.git' },
    configured: 'https://alpha:x@lfs.example.org/b/',
  });
  expect(await configured('upload')).toEqual({ url: 'https://lfs.example.org/b', headers: {} });
});
