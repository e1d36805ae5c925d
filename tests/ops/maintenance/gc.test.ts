import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../../src/ops/repository.ts';
import { presentClock } from '../../testkit/aged-store.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { runMgit } from '../../testkit/world.ts';

/** The last tensor of a pico model, eight F32, whose digest stands for the model. */
const tensorOf = (seed: number): Uint8Array => picoModel(seed).slice(-32);

/** Stages a model and returns the tree that would be committed. */
async function stage(work: Scene, seed: number): Promise<string> {
  await work.write('model.safetensors', picoModel(seed));
  await work.mgit('add', '.');
  return (await work.git('write-tree')).trim();
}

async function commitOf(work: Scene, tree: string, ...parents: string[]): Promise<string> {
  const args = parents.flatMap(parent => ['-p', parent]);
  return (await work.git('commit-tree', tree, ...args, '-m', 'made by hand')).trim();
}

async function stored(work: Scene, seeds: readonly number[]): Promise<number[]> {
  const repository = await openRepository(work.ports, work.path);
  await using _closing = repository;
  const there: number[] = [];
  for (const seed of seeds) if (await repository.store.has(digestOf(tensorOf(seed)))) there.push(seed);
  return there;
}

async function begun(): Promise<Scene> {
  const work = await scene();
  await work.mgit('track', '*.safetensors');
  await stage(work, 1);
  await work.mgit('commit', '-m', 'first');
  return { ...work, ports: { ...work.ports, clock: presentClock() } };
}

test('what anything can come back to stays, the rest goes', async () => {
  await using work = await begun();
  const head = (await work.git('rev-parse', 'HEAD')).trim();
  await commitOf(work, await stage(work, 2)); // Named by nothing.
  const stash = await commitOf(work, await stage(work, 3), head, head);
  await work.git('stash', 'store', '-m', 'kept', stash);
  await work.git('stash', 'store', '-m', 'on top', head); // The other one is in the log alone.
  const candidate = await commitOf(work, await stage(work, 4), head);
  await work.git('update-ref', `refs/mgit/candidates/${candidate}`, candidate);
  const tagged = await stage(work, 5);
  await work.git('tag', '-a', '-m', 'a tree', 'tree', tagged);
  await stage(work, 6);
  await work.mgit('commit', '-m', 'second');
  await work.mgit('reset', '--hard', head); // In the reflog.
  await work.git('worktree', 'add', '--quiet', '--no-checkout', '../other', '-b', 'other');
  const other = join(work.path, '..', 'other');
  await work.write('../other/.gitattributes', await work.read('.gitattributes'));
  await work.write('../other/model.safetensors', picoModel(7));
  const added = await runMgit(work.ports, other, 'add', 'model.safetensors');
  expect(added.stderr).toBe('');
  await stage(work, 8); // In the index.
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(await stored(work, seeds)).toEqual(seeds);

  await work.mgit('gc');
  expect(await stored(work, seeds)).toEqual(seeds); // All of it is young.
  const dry = await work.mgit('gc', '--prune', 'now', '--dry-run');
  expect(dry).toMatch(/^would free \d+ B: \d+ extents, 1 pack removed, 0 packs rewritten$/);
  const run = await work.attempt('gc', '--prune', 'now', '--json');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await stored(work, seeds)).toEqual([1, 3, 4, 5, 6, 7, 8]);
  expect(await work.mgit('gc', '--prune', 'now')).toBe('nothing to remove');
});

test('gc takes nothing while it cannot read what a branch needs', async () => {
  await using work = await begun();
  await stage(work, 2);
  const blob = (await work.git('rev-parse', ':model.safetensors')).trim();
  await work.mgit('commit', '-m', 'second');
  await work.ports.fs.removeFile(join(work.path, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  const run = await work.attempt('gc', '--prune', 'now');
  expect(run).toMatchObject({ exitCode: 1 });
  expect(run.stderr).toContain('error[OBJECT_MISSING]');
  expect(await stored(work, [1, 2])).toEqual([1, 2]);
});

test('caches of packs that nobody has any more go', async () => {
  await using work = await begun();
  const gone = 'ab'.repeat(32);
  await work.write(`.git/mgit/indexes/${gone}`, 'x');
  await work.write(`.git/mgit/oids/${gone}`, 'x');
  await work.write(`.git/mgit/checked/${gone}`, 'x');
  expect(await work.mgit('gc')).toBe('nothing to remove\nforgot 3 cached indexes');
  expect(await work.ports.fs.readDirectory(join(work.path, '.git/mgit/indexes'))).toEqual([]);
});
