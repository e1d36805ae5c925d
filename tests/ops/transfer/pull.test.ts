import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { crashModel } from '../../testkit/crash/crash-world.ts';
import { git } from '../../testkit/git.ts';
import {
  type CliRun,
  runMgit,
  type TemporaryDirectory,
  temporaryDirectory,
  testPorts,
} from '../../testkit/world.ts';

const MODEL = 'model.safetensors';

/** Two clones of one repository on a path, each with a commit of its own; that of `theirs` is pushed. */
interface Diverged extends TemporaryDirectory {
  readonly ports: Ports;
  mine(...argv: string[]): Promise<CliRun>;
  git(...args: string[]): Promise<string>;
  read(file: string): Promise<Buffer>;
}

async function diverged(edit: { readonly mine: string; readonly theirs: string }): Promise<Diverged> {
  const home = await temporaryDirectory();
  const plain = testPorts(home.path);
  const ports = { ...plain, env: { ...plain.env, MGIT_HISTORY: 'system' } };
  const at =
    (name: string) =>
    async (...argv: string[]) => {
      const run = await runMgit(ports, join(home.path, name), ...argv);
      return run;
    };
  const [mine, theirs] = [at('mine'), at('theirs')];
  const write = (name: string, file: string, content: string | Uint8Array) =>
    writeFile(join(home.path, name, file), content);
  await mkdir(join(home.path, 'remote.git'));
  await at('remote.git')('init', '--bare');
  await at('.')('clone', 'remote.git', 'theirs');
  await theirs('track', '*.safetensors');
  await write('theirs', MODEL, crashModel(0.1, { embed: 1, head: 1 }));
  await write('theirs', 'a.txt', 'base\n');
  await theirs('add', '.');
  await theirs('commit', '-m', 'base');
  await theirs('push', 'origin', 'main');
  await at('.')('clone', 'remote.git', 'mine');
  await write('theirs', MODEL, crashModel(0.1, { embed: 2, head: 1 }));
  await write('theirs', 'a.txt', edit.theirs);
  await theirs('commit', '-am', 'theirs', '--no-verify');
  await theirs('push', 'origin', 'main');
  await write('mine', MODEL, crashModel(0.1, { embed: 1, head: 3 }));
  await write('mine', 'a.txt', edit.mine);
  await mine('commit', '-am', 'mine');
  return {
    ...home,
    ports,
    mine,
    git: (...args) => git(ports, join(home.path, 'mine'), ...args),
    read: file => readFile(join(home.path, 'mine', file)),
  };
}

test('where both sides have commits they are merged, tensor by tensor', async () => {
  await using world = await diverged({ mine: 'base\n', theirs: 'changed\n' });
  const run = await world.mine('pull', '--json');
  expect(run.stderr).toBe('');
  expect(run).toMatchObject({ exitCode: 0 });
  const head = (await world.git('rev-parse', 'HEAD')).trim();
  expect(run.json()).toMatchObject({ status: 'merged', new: head, merge: { kind: 'landed', commit: head } });
  expect(await world.git('log', '-1', '--format=%s')).toBe("Merge remote-tracking branch 'origin/main'\n");
  expect((await world.git('log', '-1', '--format=%P')).trim().split(' ')).toHaveLength(2);
  const merged = crashModel(0.1, { embed: 2, head: 3 });
  expect((await world.read(MODEL)).equals(merged)).toBe(true);
  expect(String(await world.read('a.txt'))).toBe('changed\n');
  expect((await world.mine('pull')).stdout).toContain('Already up to date.');
});

test('conflicts wait to be resolved, and no other pull begins meanwhile', async () => {
  await using world = await diverged({ mine: 'mine\n', theirs: 'theirs\n' });
  const run = await world.mine('pull', '--json');
  expect(run.exitCode).toBe(4);
  expect(run.json()).toMatchObject({ status: 'conflicts', merge: { conflicts: [{ path: 'a.txt' }] } });
  expect((await world.mine('pull')).stderr).toContain('error[MERGE_IN_PROGRESS]');
  expect(await world.mine('merge', '--abort')).toMatchObject({ exitCode: 0 });
  expect(await world.mine('pull', '-X', 'take:a.txt=theirs')).toMatchObject({ exitCode: 0 });
  expect(String(await world.read('a.txt'))).toBe('theirs\n');
});

test('--ff-only and pull.ff=only stop; a rebase is refused by name, also a configured one', async () => {
  await using world = await diverged({ mine: 'base\n', theirs: 'changed\n' });
  const head = await world.git('rev-parse', 'HEAD');
  expect((await world.mine('pull', '--ff-only')).stderr).toContain('error[PULL_DIVERGED]');
  expect((await world.mine('pull', '--rebase')).stderr).toContain('error[PULL_REBASE_UNSUPPORTED]');
  await world.git('config', 'pull.ff', 'only');
  expect((await world.mine('pull')).stderr).toContain('error[PULL_DIVERGED]');
  await world.git('config', '--unset', 'pull.ff');
  await world.git('config', 'pull.rebase', 'true');
  expect((await world.mine('pull')).stderr).toContain('--no-rebase');
  expect(await world.git('rev-parse', 'HEAD')).toBe(head);
  expect(await world.mine('pull', '--no-rebase')).toMatchObject({ exitCode: 0 });
});

test('the merge goes through the gates of a protected branch; what keeps them from running keeps it where it is', async () => {
  const yaml = [
    'version: 1',
    'gates:',
    '  - name: check',
    '    command: ["false"]',
    '    accept: [{ metric: accuracy, against: base, margin: 0.1 }]',
    'protect:',
    '  main: { gates: [check], trusted_keys: keys/ }',
    '',
  ].join('\n');
  await using world = await diverged({ mine: 'base\n', theirs: 'changed\n' });
  await writeFile(join(world.path, 'mine', 'mgit.yaml'), yaml);
  await world.mine('add', 'mgit.yaml');
  expect(await world.mine('commit', '-m', 'protect')).toMatchObject({ exitCode: 0 });
  const head = (await world.git('rev-parse', 'HEAD')).trim();
  const run = await world.mine('pull', '--json');
  expect(run.json()).toMatchObject({ error: { code: 'GATE_KEY_MISSING' } });
  expect(run.exitCode).toBe(6);
  expect((await world.git('rev-parse', 'HEAD')).trim()).toBe(head);
});
