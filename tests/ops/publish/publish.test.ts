import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitIndex } from '../../../src/ops/history/commit.ts';
import { initRepository } from '../../../src/ops/repository.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { track } from '../../../src/ops/worktree/track.ts';
import { startHubServer } from '../../testkit/hub-server.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { runMgit, temporaryDirectory, testEnvironment, testPorts } from '../../testkit/world.ts';

/** A repository with one model, its config, a licence and a README of its own. */
async function publishedRepository(home: string) {
  const [ports, directory] = [testPorts(home), join(home, 'digits')];
  mkdirSync(directory);
  await using repository = await initRepository(ports, { directory });
  const model = picoModel(1);
  writeFileSync(join(directory, 'model.safetensors'), model);
  writeFileSync(join(directory, 'config.json'), '{"architecture":"mlp"}');
  writeFileSync(join(directory, 'LICENSE'), 'as you like');
  writeFileSync(join(directory, 'train.py'), 'print()');
  writeFileSync(join(directory, 'README.md'), '---\nlicense: apache-2.0\n---\n# Digits\n');
  await track(repository, ['*.safetensors']);
  await addPaths(repository, { cwd: directory, paths: ['.'] });
  await commitIndex(repository, { cwd: directory, message: 'Add the base model' });
  return { ports, directory, model };
}

test('a directory receives weights, config, licence and a card, and nothing else', async () => {
  await using home = await temporaryDirectory();
  const { ports, directory, model } = await publishedRepository(home.path);
  const run = await runMgit(ports, directory, 'publish', 'HEAD', '../out', '--json');
  expect(run.stderr).toBe('');
  const { files } = run.json() as { files: { path: string; sha256: string }[] };
  expect(files.map(file => file.path).sort()).toEqual([
    'LICENSE',
    'README.md',
    'config.json',
    'model.safetensors',
  ]);
  expect(readFileSync(join(home.path, 'out/model.safetensors'))).toEqual(Buffer.from(model));
  const card = readFileSync(join(home.path, 'out/README.md'), 'utf8');
  expect(card).toContain('license: apache-2.0');
  expect(card).toContain('# Digits');
  expect(card).toContain('Add the base model');
  expect(card).toContain(createHash('sha256').update(model).digest('hex'));
});

test('the hub receives the same, and a dry run sends nothing', async () => {
  await using home = await temporaryDirectory();
  await using hub = await startHubServer('hf_secret');
  const { directory, model } = await publishedRepository(home.path);
  const ports = testPorts(home.path, {
    env: { ...testEnvironment(home.path), HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_secret' },
  });
  const dry = await runMgit(ports, directory, 'publish', 'HEAD', 'hf://org/digits', '--dry-run');
  expect(dry.stdout).toContain('would publish');
  expect(hub.requests).toEqual([]);
  const run = await runMgit(ports, directory, 'publish', 'HEAD', 'hf://org/digits');
  expect(run.exitCode).toBe(0);
  expect(hub.repositories.get('org/digits')?.get('model.safetensors')).toEqual(Buffer.from(model));
});

test('a directory is published to again, after an interruption too; what is not ours is refused', async () => {
  await using home = await temporaryDirectory();
  const { ports, directory } = await publishedRepository(home.path);
  mkdirSync(join(home.path, 'out'));
  writeFileSync(join(home.path, 'out/model.safetensors.part'), 'half');
  for (let time = 0; time < 2; time++)
    expect((await runMgit(ports, directory, 'publish', 'HEAD', '../out')).exitCode).toBe(0);
  expect(readdirSync(join(home.path, 'out'))).not.toContain('model.safetensors.part');
  writeFileSync(join(home.path, 'out/thesis.tex'), '');
  const refused = await runMgit(ports, directory, 'publish', 'HEAD', '../out');
  expect(refused.stderr).toContain('error[PUBLISH_TARGET_NOT_EMPTY]');
});

test('symbolic links are not published', async () => {
  await using home = await temporaryDirectory();
  const { ports, directory } = await publishedRepository(home.path);
  symlinkSync('/etc/passwd', join(directory, 'vocab.json'));
  await runMgit(ports, directory, 'add', 'vocab.json');
  await runMgit(ports, directory, 'commit', '-m', 'Link');
  const run = await runMgit(ports, directory, 'publish', 'HEAD', '../out', '--json');
  const { files } = run.json() as { files: { path: string }[] };
  expect(files.map(({ path }) => path)).not.toContain('vocab.json');
});

test('a revision without a model has nothing to publish', async () => {
  await using home = await temporaryDirectory();
  const [ports, directory] = [testPorts(home.path), join(home.path, 'text')];
  mkdirSync(directory);
  {
    await using repository = await initRepository(ports, { directory });
    writeFileSync(join(directory, 'README.md'), 'text');
    await addPaths(repository, { cwd: directory, paths: ['.'] });
    await commitIndex(repository, { cwd: directory, message: 'Text' });
  }
  const run = await runMgit(ports, directory, 'publish', 'HEAD', '../out');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('error[PUBLISH_NOTHING]');
});
