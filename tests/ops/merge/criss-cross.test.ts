import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { continueMerge, mergeRevisions } from '../../../src/ops/merge/merge.ts';
import { previewMerge } from '../../../src/ops/merge/preview.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { type MergeRepository, type ModelValues, mergeRepository } from '../../testkit/merge-repository.ts';

type Files = Readonly<Record<string, string | ModelValues>>;

/** One side of a criss-cross: what it changed, how it then merged the other, and what it changed after that. */
interface Side {
  readonly first: Files;
  readonly given?: readonly string[];
  /** The user's answer to conflicts in text. */
  readonly resolved?: Files;
  readonly after: Files;
}

/** `main` and `theirs` after each has merged the other's first commit: both of these are merge bases. `main` is checked out. */
async function crissCross(start: Files, main: Side, theirs: Side): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit(start);
  await world.switch('theirs', true);
  const other = await world.commit(theirs.first);
  await world.switch('main');
  const own = await world.commit(main.first);
  await mergeInto(world, other, main);
  await world.commit(main.after);
  await world.switch('theirs');
  await mergeInto(world, own, theirs);
  await world.commit(theirs.after);
  await world.switch('main');
  return world;
}

async function mergeInto(world: MergeRepository, revision: string, side: Side): Promise<void> {
  const { given = [], resolved } = side;
  const outcome = await mergeRevisions(world.repository, { revisions: [revision], given });
  expect(outcome.kind).toBe(resolved ? 'conflicts' : 'landed');
  if (!resolved) return;
  for (const [file, content] of Object.entries(resolved)) await world.write(file, content);
  await addPaths(world.repository, { cwd: world.path, paths: ['.'] });
  expect(await continueMerge(world.repository, {})).toMatchObject({ kind: 'landed' });
}

const START = { 'model.safetensors': { w: [0, 0], b: [1], head: [1] } };

function model(values: ModelValues): Files {
  return { 'model.safetensors': { ...START['model.safetensors'], ...values } };
}

test('a tensor that only one side changed since both bases were merged is that side’s, not averaged once more', async () => {
  await using world = await crissCross(
    START,
    { first: model({ w: [2, 2] }), after: model({ w: [3, 5], b: [7] }) },
    { first: model({ w: [4, 8] }), after: model({ w: [30, 50] }) },
  );
  const preview = await previewMerge(world.repository, {
    ...{ revisions: ['theirs'], method: undefined, given: [], into: undefined },
  });
  expect(preview.bases).toHaveLength(2);
  expect(preview.models[0]?.counts).toMatchObject({ ours: 1, theirs: 1, computed: 0, kept: 1 });
  expect(await mergeRevisions(world.repository, { revisions: ['theirs'] })).toMatchObject({ kind: 'landed' });
  expect(await world.values('model.safetensors')).toEqual({ w: [30, 50], b: [7], head: [1] });
});

test('task vectors start at the average of what the bases have; the merge record lists the bases', async () => {
  await using world = await crissCross(
    START,
    { first: model({ w: [2, 2] }), after: model({ w: [4, 5] }) },
    { first: model({ w: [4, 8] }), after: model({ w: [3, 7] }) },
  );
  await mergeRevisions(world.repository, { revisions: ['theirs'], method: 'task_arithmetic' });
  expect((await world.values('model.safetensors')).w).toEqual([4, 7]);
  const { history } = world.repository;
  const { message } = await history.readCommit(await history.resolveCommit('HEAD'));
  const [, digest] = /Mgit-Merge: (\w+)/.exec(message) ?? [];
  const record = JSON.parse(await world.text(`.mgit/merges/${digest}.json`));
  const bases = await Promise.all(['main~3', 'theirs~2'].map(name => history.resolveCommit(name)));
  expect(record.bases.toSorted()).toEqual(bases.toSorted());
  expect(record).not.toHaveProperty('base');
});

test('text comes out as plain Git merges it', async () => {
  const lines = (...changed: readonly string[]): Files => ({ 'notes.txt': `${changed.join('\n')}\n` });
  await using world = await crissCross(
    lines('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    {
      first: lines('A', 'b', 'c', 'd', 'e', 'f', 'g'),
      after: lines('A', 'b', 'c', 'D', 'e', 'f', 'G'),
    },
    {
      first: lines('a', 'b', 'c', 'd', 'e', 'f', 'G'),
      after: lines('AA', 'b', 'c', 'd', 'e', 'f', 'G'),
    },
  );
  const tree = git(world, 'merge-tree', '--write-tree', 'main', 'theirs').trim();
  await mergeRevisions(world.repository, { revisions: ['theirs'] });
  expect(await world.text('notes.txt')).toBe('AA\nb\nc\nD\ne\nf\nG\n');
  expect(git(world, 'show', `${tree}:notes.txt`)).toBe(await world.text('notes.txt'));
});

test('a conflict that both sides resolved in the same way is none; resolved differently, it is one again', async () => {
  const notes = (text: string): Files => ({ 'notes.txt': `${text}\n` });
  const sides = (ours: string, theirs: string): readonly [Files, Side, Side] => [
    notes('start'),
    { first: notes('ours'), resolved: notes(ours), after: { 'main.txt': 'm' } },
    { first: notes('theirs'), resolved: notes(theirs), after: { 'theirs.txt': 't' } },
  ];
  await using same = await crissCross(...sides('both', 'both'));
  expect(await mergeRevisions(same.repository, { revisions: ['theirs'] })).toMatchObject({ kind: 'landed' });
  expect(await same.text('notes.txt')).toBe('both\n');
  await using different = await crissCross(...sides('this', 'that'));
  expect(await mergeRevisions(different.repository, { revisions: ['theirs'] })).toMatchObject({
    kind: 'conflicts',
    conflicts: [{ kind: 'text', path: 'notes.txt' }],
  });
});

test('a tensor that the bases cannot be merged in is as in their own base; its conflict can be resolved', async () => {
  const without = { 'model.safetensors': { w: [0, 0], head: [1] } };
  await using world = await crissCross(
    START,
    { first: without, given: ['take:b=ours'], after: { 'main.txt': 'm' } },
    { first: model({ b: [5] }), given: ['take:b=ours'], after: { 'theirs.txt': 't' } },
  );
  expect(await mergeRevisions(world.repository, { revisions: ['theirs'] })).toMatchObject({
    kind: 'conflicts',
    conflicts: [
      { kind: 'tensors', tensors: [{ name: 'b', reason: 'modify-delete', base: { dtype: 'F32' } }] },
    ],
  });
  const outcome = await continueMerge(world.repository, { given: ['take:b=theirs'] });
  expect(outcome).toMatchObject({ kind: 'landed' });
  expect((await world.values('model.safetensors')).b).toEqual([5]);
});

test('bases that cannot be computed are refused with the tensor and the way out', async () => {
  await using world = await crissCross(
    START,
    { first: model({ w: [Number.NaN, 0] }), given: ['take:w=theirs'], after: { 'main.txt': 'm' } },
    { first: model({ w: [4, 8] }), given: ['take:w=ours'], after: { 'theirs.txt': 't' } },
  );
  await expect(mergeRevisions(world.repository, { revisions: ['theirs'] })).rejects.toMatchObject({
    code: 'MERGE_BASE_AMBIGUOUS',
    message: expect.stringContaining('w'),
    hint: expect.stringContaining('-X base='),
  });
  const outcome = await mergeRevisions(world.repository, { revisions: ['theirs'], given: ['base=theirs~2'] });
  expect(outcome).toMatchObject({ kind: 'landed' });
});

function git(world: MergeRepository, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: world.path, encoding: 'utf8' });
}
