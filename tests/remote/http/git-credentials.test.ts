import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { basicAuthorization } from '../../../src/remote/http/credentials.ts';
import { gitCredentials } from '../../../src/remote/http/git-credentials.ts';
import { initHistory } from '../../../src/store/history/init.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const URL_OF_LFS = 'https://example.org/team/a.git/info/lfs/objects/batch';

async function scene(remoteUrl: string) {
  const home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const history = await initHistory({ ports, directory: join(home.path, 'a'), implementation: 'system' });
  return {
    home: home.path,
    history,
    credentials: gitCredentials(ports, history, remoteUrl),
    [Symbol.asyncDispose]: async () => {
      await history.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

test('user and password of the URL go to its host, and to no other', async () => {
  await using world = await scene('https://alpha:p%40ss@example.org/team/a.git');
  expect(await world.credentials.known(URL_OF_LFS)).toEqual({
    authorization: basicAuthorization('alpha', 'p@ss'),
  });
  expect(await world.credentials.known('https://storage.example.org/x')).toEqual({});
  expect(await world.credentials.known('http://example.org/x')).toEqual({});
});

test('extra headers go where their URL is a prefix', async () => {
  await using world = await scene('https://example.org/team/a.git');
  await world.history.setConfig('http.https://example.org/team.extraHeader', 'X-One: 1', 'local');
  await world.history.setConfig('http.https://example.org/other.extraHeader', 'X-Two: 2', 'local');
  await world.history.setConfig('http.https://example.org/te.extraHeader', 'X-Three: 3', 'local');
  expect(await world.credentials.known(URL_OF_LFS)).toEqual({ 'x-one': '1' });
});

test('a helper is asked, told the verdict, and not asked again', async () => {
  await using world = await scene('https://alpha@example.org/team/a.git');
  const log = join(world.home, 'log');
  const helper = `!f() { echo "$1" >> '${log}'; cat >> '${log}'; test "$1" = get && echo password=engine; :; }; f`;
  await world.history.setConfig('credential.helper', helper, 'local');
  const authorization = basicAuthorization('alpha', 'engine');
  expect(await world.credentials.ask(URL_OF_LFS)).toEqual({ authorization });
  await world.credentials.judge(URL_OF_LFS, true);
  expect(await world.credentials.known(URL_OF_LFS)).toEqual({ authorization });
  const said = await readFile(log, 'utf8');
  expect(said).toContain('get\nprotocol=https\nhost=example.org\nusername=alpha\n');
  expect(said).toMatch(/store\n(?:.*\n)*password=engine/);
});

test('without a helper nobody is asked', async () => {
  await using world = await scene('https://example.org/team/a.git');
  expect(await world.credentials.ask(URL_OF_LFS)).toBeUndefined();
});
