import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERSION } from '../../src/cli/version.ts';
import { runMgit, temporaryDirectory, testPorts } from '../testkit/world.ts';

test('the version is that of the package', () => {
  expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

test('the version is printed, also as JSON', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  expect((await runMgit(ports, home.path, '--version')).stdout).toBe(`${VERSION}\n`);
  const run = await runMgit(ports, home.path, '--version', '--json');
  expect([run.exitCode, run.json()]).toEqual([0, { version: VERSION }]);
});

test('an unknown command is a usage error, also as JSON', async () => {
  await using home = await temporaryDirectory();
  const run = await runMgit(testPorts(home.path), home.path, 'frobnicate', '--json');
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain("error[USAGE]: unknown command 'frobnicate'");
  expect(run.json()).toMatchObject({ error: { code: 'USAGE' } });
});

test('a group of commands that is named alone asks for one of them', async () => {
  await using home = await temporaryDirectory();
  const run = await runMgit(testPorts(home.path), home.path, 'adapter');
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('error[USAGE]: which of its commands?');
});

test('help of a command holds an example', async () => {
  await using home = await temporaryDirectory();
  const run = await runMgit(testPorts(home.path), home.path, 'doctor', '--help');
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('Example:\n  $ mgit doctor');
});

test('a directory that is not there is said so, whichever history is used', async () => {
  await using home = await temporaryDirectory();
  for (const MGIT_HISTORY of ['auto', 'system', 'embedded']) {
    const ports = testPorts(home.path);
    const world = { ...ports, env: { ...ports.env, MGIT_HISTORY } };
    const run = await runMgit(world, home.path, '-C', 'nowhere', 'status', '--json');
    expect(run.exitCode).toBe(1);
    expect(run.json()).toMatchObject({ error: { code: 'DIRECTORY_MISSING' } });
  }
});

test('-q leaves out what only confirms, and keeps data and errors', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const made = await runMgit(ports, home.path, 'init', '-q', 'quiet');
  expect(made).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect((await runMgit(ports, home.path, '-C', 'quiet', 'status', '-q')).stdout).toContain('On branch');
  expect((await runMgit(ports, home.path, '-C', 'quiet', 'switch', '-q', 'nowhere')).stderr).toContain(
    'error[',
  );
});
