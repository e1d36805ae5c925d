import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateKey } from '../../../src/eval/report/keys.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

test('a key is made for its owner alone, listed, and its public half trusted', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const mgit = (...argv: string[]): ReturnType<typeof runMgit> => runMgit(ports, home.path, ...argv);
  const made = (await mgit('key', 'generate', 'ada', '--json')).json() as { path: string; keyId: string };
  expect(made.path).toBe(join(home.path, '.config', 'mgit', 'keys', 'ada.pem'));
  if (process.platform !== 'win32') expect(statSync(made.path).mode & 0o777).toBe(0o600);
  expect((await mgit('key', 'generate', 'ada')).stderr).toContain('error[KEY_EXISTS]');
  expect((await mgit('key', 'generate', '../x')).stderr).toContain('error[KEY_NAME_INVALID]');
  expect((await mgit('key', 'list')).stdout).toContain(`ada  ${made.keyId.slice(0, 16)}`);

  await mgit('init');
  expect((await mgit('key', 'trust', 'ada', '--json')).json()).toEqual({ path: 'keys/ada.pem' });
  const pair = generateKey();
  writeFileSync(join(home.path, 'bob.pem'), pair.publicPem);
  expect((await mgit('key', 'trust', 'bob.pem')).stdout).toContain('wrote keys/bob.pem');
  writeFileSync(join(home.path, 'eve.pem'), pair.privatePem);
  expect((await mgit('key', 'trust', 'eve.pem')).stderr).toContain('error[GATE_KEY_INVALID]');
  expect((await mgit('key', 'trust', 'nobody')).stderr).toContain('error[GATE_KEY_MISSING]');
});
