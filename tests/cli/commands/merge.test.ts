import { expect, test } from 'vitest';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';
import { type CliRun, runMgit } from '../../testkit/world.ts';

async function diverged(): Promise<MergeRepository> {
  const world = await mergeRepository();
  const base = { 'block.0.w': [1, 1], 'block.0.b': [0], 'block.1.w': [1], head: [1] };
  await world.commit({ 'model.safetensors': base });
  await world.switch('better', true);
  await world.commit({ 'model.safetensors': { ...base, 'block.0.w': [3, 3], head: [4] } });
  await world.switch('main');
  await world.commit({ 'model.safetensors': { ...base, 'block.0.w': [2, 2], 'block.1.w': [2] } });
  return world;
}

/** Commit ids differ from run to run of these tests only in what they hash; hide them. */
function plain({ stdout }: CliRun): string {
  return stdout.replace(/\b[0-9a-f]{7,64}\b/g, '<id>');
}

const mgit = (world: MergeRepository, ...argv: string[]): Promise<CliRun> =>
  runMgit(world.ports, world.path, ...argv);

test('a dry run shows the plan per tensor and changes nothing', async () => {
  await using world = await diverged();
  const before = await world.repository.history.listRefs('refs/');
  const run = await mgit(world, 'merge', 'better', '--dry-run');
  expect(plain(run)).toMatchInlineSnapshot(`
    "Would merge into main: better
      model.safetensors

    model.safetensors
      1 merged, 1 from ours, 1 from theirs, 1 unchanged
      reads 24 B, computes 8 B, in 72 B of memory for the inputs; kept as recipes
      takes less than a second here, besides reading
      block.0.w  merged by linear, 8 B
      block.1.w  from ours
      head       from theirs
    "
  `);
  const json = (await mgit(world, 'merge', 'better', '--dry-run', '--json')).json();
  expect(json).toMatchObject({
    kind: 'preview',
    relation: 'diverged',
    files: ['model.safetensors'],
    models: [
      {
        tensors: [
          { name: 'block.0.b', action: 'keep' },
          { name: 'block.0.w', by: 'linear' },
          { by: 'ours' },
          { by: 'theirs' },
        ],
      },
    ],
  });
  expect(await world.repository.history.listRefs('refs/')).toEqual(before);
  expect((await world.values('model.safetensors')).head).toEqual([1]);
});

test('a dry run of a recipe shows what it would make, also where its models are merged already', async () => {
  await using world = await diverged();
  await world.write('r.yaml', 'version: 1\nmethod: linear\nmodels: [better, main]\n');
  const first = await mgit(world, 'merge', '--recipe', 'r.yaml', '--dry-run');
  expect(first.stdout).toContain('Would merge into main: better\n');
  expect(first.stdout).toContain('4 merged\n');
  await mgit(world, 'merge', 'better');
  const again = await mgit(world, 'merge', '--recipe', 'r.yaml', '--dry-run');
  expect(again.stdout).toContain('Would merge into main\n');
  const wrong = await mgit(world, 'merge', 'better', '--recipe', 'r.yaml', '--dry-run');
  expect(wrong.stderr).toContain('error[USAGE]');
});

test('a merge says what it did', async () => {
  await using world = await diverged();
  const run = await mgit(world, 'merge', 'better', '-s', 'task_arithmetic', '-X', 'lambda=0.5', '-m', 'join');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(plain(run)).toMatchInlineSnapshot(`
    "model.safetensors: 1 merged, 1 from ours, 1 from theirs, 1 unchanged
    Merged into main: <id>..<id>
    "
  `);
  expect((await world.values('model.safetensors'))['block.0.w']).toEqual([2.5, 2.5]);
  const again = await mgit(world, 'merge', 'better', '--json');
  expect(again.json()).toMatchObject({ kind: 'up-to-date' });
});

test('conflicts end with status 4, say the ways out, and status lists them', async () => {
  await using world = await diverged();
  await world.switch('better');
  await world.commit({
    'model.safetensors': { 'block.0.w': [3], 'block.0.b': [0], 'block.1.w': [1], head: [4] },
  });
  await world.switch('main');
  const run = await mgit(world, 'merge', 'better');
  expect(run.exitCode).toBe(4);
  expect(plain(run)).toMatchInlineSnapshot(`
    "Conflicts:
      model.safetensors: block.0.w: changed on both sides, with different shapes: F32 [2] and F32 [1]; -X take:block.0.w=ours|theirs|base
    Resolve them, then "mgit merge --continue"; or "mgit merge --abort".
    "
  `);
  expect(plain(await mgit(world, 'status'))).toMatchInlineSnapshot(`
    "On branch main

    Merging better: resolve the conflicts, then "mgit merge --continue", or "mgit merge --abort"

    Unmerged paths:
      both modified: model.safetensors
        model.safetensors: block.0.w: changed on both sides, with different shapes: F32 [2] and F32 [1]; -X take:block.0.w=ours|theirs|base
    "
  `);
  const waiting = await mgit(world, 'merge', '--continue', '--json');
  expect(waiting.exitCode).toBe(4);
  const done = await mgit(world, 'merge', '--continue', '-X', 'take:block.0.w=theirs');
  expect(done.exitCode).toBe(0);
  expect((await world.values('model.safetensors'))['block.0.w']).toEqual([3]);
});

test('giving up, and having nothing to give up', async () => {
  await using world = await diverged();
  const run = await mgit(world, 'merge', '--abort');
  expect(run).toMatchObject({ exitCode: 1 });
  expect(run.stderr).toContain('error[MERGE_NONE]');
});

test('wrong usage', async () => {
  await using world = await diverged();
  expect(await mgit(world, 'merge')).toMatchObject({ exitCode: 2 });
  expect(await mgit(world, 'merge', 'better', '-X', 'weight')).toMatchObject({ exitCode: 2 });
  expect((await mgit(world, 'merge', 'better', '-s', 'mean')).stderr).toContain('MERGE_METHOD_UNKNOWN');
});

test('the methods are listed with what they are for and their parameters', async () => {
  await using world = await mergeRepository();
  const { stdout } = await mgit(world, 'merge', '--list');
  expect(stdout.slice(0, stdout.indexOf(`\n${METHODS[1]?.name}:`))).toMatchInlineSnapshot(`
    "linear: weighted average of the models: the sum of weight * model
      for models fine-tuned from one base that should all count; a safe first choice
      -X weight=<per model>   share of each model (default 1)
      -X normalize=<boolean>  divide by the sum of the weights (default true)
      -X numerics=<choice>    rounding: once at the end (mgit), or after each operation (mergekit) (default mgit)"
  `);
  for (const { name } of METHODS) expect(stdout).toMatch(new RegExp(`^${name}: .*\n {2}for `, 'm'));
});
