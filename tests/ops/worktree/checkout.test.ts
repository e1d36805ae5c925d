import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { picoModel } from '../../testkit/pico-model.ts';
import { type SmallRepo, smallRepo } from '../../testkit/small-repo.ts';
import { type CliRun, runMgit, temporaryDirectory } from '../../testkit/world.ts';

const mgit = (repo: SmallRepo, ...argv: string[]): Promise<CliRun> => runMgit(repo.ports, repo.path, ...argv);

/** `main` and `side` hold different models; `side` has a file more. `main` is checked out. */
async function twoBranches(): Promise<SmallRepo> {
  const repo = await smallRepo();
  await repo.write('model.safetensors', picoModel(1));
  await repo.commit('first');
  await mgit(repo, 'switch', '-c', 'side');
  await repo.write('model.safetensors', picoModel(2));
  await repo.write('side.txt', 'only here\n');
  await repo.commit('second');
  await mgit(repo, 'switch', 'main');
  return repo;
}

test('a switch that was cut off between files and index is completed by the next', async () => {
  await using repo = await twoBranches();
  await using saved = await temporaryDirectory();
  const index = join(repo.path, '.git', 'index');
  await copyFile(index, join(saved.path, 'index'));
  await mgit(repo, 'switch', 'side');
  await copyFile(join(saved.path, 'index'), index);
  await writeFile(join(repo.path, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  expect(await mgit(repo, 'switch', 'side')).toMatchObject({ exitCode: 0 });
  expect((await mgit(repo, 'status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
});

test('an untracked file of another content still blocks', async () => {
  await using repo = await twoBranches();
  await repo.write('side.txt', 'mine\n');
  const run = await mgit(repo, 'switch', 'side');
  expect(run.stderr).toContain('error[LOCAL_CHANGES]: local changes would be lost: side.txt');
});

test('a damaged model is a change like any other: shown, kept from being lost, and replaced on demand', async () => {
  await using repo = await twoBranches();
  const damage = (): Promise<void> => repo.write('model.safetensors', 'garbage\n');
  await damage();
  expect((await mgit(repo, 'status')).stdout).toContain('modified:  model.safetensors');
  expect((await mgit(repo, 'switch', 'side')).stderr).toContain('error[LOCAL_CHANGES]');
  expect((await mgit(repo, 'diff')).stderr).toContain('error[FORMAT_UNKNOWN]');
  expect(await mgit(repo, 'restore', 'model.safetensors')).toMatchObject({ exitCode: 0 });
  await damage();
  expect(await mgit(repo, 'reset', '--hard')).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(repo.path, 'model.safetensors'))).toEqual(Buffer.from(picoModel(1)));
  await damage();
  expect(await mgit(repo, 'switch', '--discard-changes', 'side')).toMatchObject({ exitCode: 0 });
});
