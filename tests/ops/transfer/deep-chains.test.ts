import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../testkit/programs.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

const COUNT = 20_000;
/** What readers allow. */
const DEEPEST = 8;

/** A model of which each version differs from the one before in a few numbers. */
function version(number: number): Uint8Array {
  const values = weights(COUNT, 1);
  for (let at = 1; at <= number; at++) values.fill(at, at * 100, at * 100 + 50);
  return safetensorsFile([{ name: 'a', dtype: 'F32', shape: [COUNT], data: bytesOf(values) }]);
}

/** Two clones of a repository with version 0. */
async function scene() {
  const home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const mgit = async (folder: string, ...argv: string[]) => {
    const done = await runMgit(ports, join(home.path, folder), ...argv);
    expect(done.stderr).not.toContain('error[');
    return done;
  };
  const commit = async (folder: string, number: number): Promise<void> => {
    await writeFile(join(home.path, folder, 'model.safetensors'), version(number));
    await mgit(folder, 'commit', '-am', `version ${number}`);
  };
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(home.path, 'model.git')]);
  await mgit('', 'clone', 'model.git', 'alpha');
  await mgit('alpha', 'track', '*.safetensors');
  await writeFile(join(home.path, 'alpha', 'model.safetensors'), version(0));
  await mgit('alpha', 'add', '.');
  await mgit('alpha', 'commit', '-m', 'version 0');
  await mgit('alpha', 'push', '-u', 'origin', 'main');
  const model = (folder: string): Promise<Buffer> => readFile(join(home.path, folder, 'model.safetensors'));
  return { path: home.path, mgit, commit, model, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

test.for([
  ['whole', []],
  ['partial', ['--filter', '*']],
] as const)(
  'what others push on top of a tensor can be read in a %s clone where it ends a long chain',
  async ([, options]) => {
    await using day = await scene();
    await day.mgit('', 'clone', ...options, 'model.git', 'beta');
    for (let number = 1; number <= DEEPEST; number++) await day.commit('beta', number);
    await day.commit('alpha', DEEPEST);
    await day.mgit('alpha', 'push');
    await day.commit('alpha', DEEPEST + 1);
    await day.mgit('alpha', 'push');
    await day.mgit('beta', 'fetch');
    await day.mgit('beta', 'reset', '--hard', 'origin/main');
    expect((await day.model('beta')).equals(version(DEEPEST + 1))).toBe(true);
  },
);

test('what a push after a repack builds on a long chain can be read in a new clone', async () => {
  await using day = await scene();
  for (let number = 1; number <= DEEPEST; number++) {
    await day.commit('alpha', number);
    await day.mgit('alpha', 'push');
  }
  await day.mgit('alpha', 'repack');
  await day.commit('alpha', DEEPEST + 1);
  await day.mgit('alpha', 'push');
  for (const [folder, ...options] of [['whole'], ['shallow', '--depth', '1'], ['partial', '--filter', 'a']]) {
    await day.mgit('', 'clone', ...options, 'model.git', `${folder}`);
    expect((await day.model(`${folder}`)).equals(version(DEEPEST + 1))).toBe(true);
  }
});
