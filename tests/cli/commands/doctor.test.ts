import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runMgit, temporaryDirectory, testEnvironment, testPorts } from '../../testkit/world.ts';

interface Report {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly detail: string }[];
}

test('what is absent is said with what it is needed for, and is no failure', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path, { env: { ...testEnvironment(home.path), PATH: home.path } });
  const run = await runMgit(ports, home.path, 'doctor');
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('no nvidia-smi on the PATH (needed for gates and training commands on CUDA)');
});

test('providers of the runtime and keys are listed', async () => {
  await using home = await temporaryDirectory();
  const keys = join(home.path, '.config', 'mgit', 'keys');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'laptop.pem'), '');
  const { checks } = (await runMgit(testPorts(home.path), home.path, 'doctor', '--json')).json() as Report;
  expect(checks.find(check => check.name === 'signing keys')).toMatchObject({
    status: 'present',
    detail: 'laptop',
  });
  expect(checks.find(check => check.name === 'onnxruntime')?.detail).toMatch(/^[\d.]+ providers: .*cpu/);
});
