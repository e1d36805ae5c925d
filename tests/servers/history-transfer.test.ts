import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openHistory } from '../../src/store/history/open.ts';
import { testRepository } from '../store/history/repository.ts';
import { type RemotePlace, transferCases } from '../store/history/transfer-cases.ts';
import { gitServer } from '../testkit/git-server.ts';
import type { LfsEndpointOptions } from '../testkit/lfs-endpoint.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const basicAuth = { username: 'alpha', password: 'p@ss word' };

describe.each(['system', 'embedded'] as const)('transfer over HTTP: %s', implementation => {
  transferCases(implementation, () => httpPlace());

  test('only the youngest commit', async () => {
    await using place = await httpPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    const one = await repo.commit('one');
    const two = await repo.commit('two', [one]);
    await repo.history.pushRefs(url, [{ source: two, ref: 'refs/heads/main' }]);
    await using reader = await testRepository(implementation);
    await reader.history.fetchObjects(url, [{ ref: 'refs/heads/main', id: two }], { depth: 1 });
    expect(await reader.history.hasObject(two)).toBe(true);
    expect(await reader.history.hasObject(one)).toBe(false);
    for (const history of [reader.history, reader.other]) {
      const walked = [];
      for await (const { id } of history.walk({ include: [two] })) walked.push(id);
      expect(walked).toEqual([two]);
    }
    await reader.history.updateRefs([{ ref: 'refs/heads/main', target: two }], 'x');
    reader.git('fsck', '--strict');
  });

  test('credentials: in the URL, asked for, extra headers, or an error', async () => {
    await using place = await httpPlace({ basicAuth });
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    const { history } = repo;
    const address = new URL(url);
    [address.username, address.password] = [basicAuth.username, basicAuth.password];
    const one = await repo.commit('one');
    const pushed = await history.pushRefs(address.href, [{ source: one, ref: 'refs/heads/main' }]);
    expect(pushed).toEqual([{ ref: 'refs/heads/main', ok: true }]);
    for (const wrong of [url, url.replace('//', '//alpha:wrong@')])
      await expect(history.listRemoteRefs(wrong)).rejects.toMatchObject({ code: 'REMOTE_AUTH' });

    const program = join(repo.home, 'askpass');
    writeFileSync(program, `#!/bin/sh\ncase "$1" in User*) echo alpha;; *) echo 'p@ss word';; esac\n`);
    chmodSync(program, 0o755);
    const ports = { ...repo.ports, env: { ...repo.ports.env, GIT_ASKPASS: program } };
    const asking = await openHistory({ ports, directory: repo.path, implementation });
    expect(await asking.listRemoteRefs(url)).toHaveLength(2);
    await asking.close();

    const token = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
    await history.setConfig(`http.${address.origin}/.extraHeader`, `Authorization: Basic ${token}`, 'local');
    expect(await history.listRemoteRefs(url)).toHaveLength(2);
  });

  test('nobody listens', async () => {
    await using repo = await testRepository(implementation);
    let url: string;
    {
      await using place = await httpPlace();
      url = await place.createRepository('model');
    }
    await expect(repo.history.listRemoteRefs(url)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  });
});

async function httpPlace(options: LfsEndpointOptions = {}): Promise<RemotePlace> {
  const root = await temporaryDirectory();
  const server = await gitServer(root.path, options);
  return {
    createRepository: name => server.createRepository(name),
    pathOf: name => server.pathOf(name),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}
