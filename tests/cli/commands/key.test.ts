import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateKey } from '../../../src/eval/report/keys.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

test('a key is made for its owner alone, listed, and its public half trusted', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const mgit = (...argv: string[]): ReturnType<typeof runMgit> => runMgit(ports, home.path, ...argv);
  const made = (await mgit('key', 'generate', 'alpha', '--json')).json() as { path: string; keyId: string };
  expect(made.path).toBe(join(home.path, '.config', 'mgit', 'keys', 'alpha.pem'));
  if (process.platform !== 'win32') expect(statSync(made.path).mode & 0o777).toBe(0o600);
  expect((await mgit('key', 'generate', 'alpha')).stderr).toContain('error[KEY_EXISTS]');
  expect((await mgit('key', 'generate', '../x')).stderr).toContain('error[KEY_NAME_INVALID]');
  expect((await mgit('key', 'list')).stdout).toContain(`alpha  ${made.keyId.slice(0, 16)}`);

  await mgit('init');
  expect((await mgit('key', 'trust', 'alpha', '--json')).json()).toEqual({ path: 'keys/alpha.pem' });
  const pair = generateKey();
  writeFileSync(join(home.path, 'beta.pem'), pair.publicPem);
  expect((await mgit('key', 'trust', 'beta.pem')).stdout).toContain('wrote keys/beta.pem');
  writeFileSync(join(home.path, 'eve.pem'), pair.privatePem);
  expect((await mgit('key', 'trust', 'eve.pem')).stderr).toContain('error[GATE_KEY_INVALID]');
  expect((await mgit('key', 'trust', 'nobody')).stderr).toContain('error[GATE_KEY_MISSING]');
});
