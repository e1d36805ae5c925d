import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import { commitIndex } from '../../../src/ops/history/commit.ts';
import { readManifestAt } from '../../../src/ops/history/manifests-at.ts';
import { undoLast } from '../../../src/ops/history/undo.ts';
import { continueReplay, skipReplay } from '../../../src/ops/replay/continue-sequence.ts';
import { abortReplay } from '../../../src/ops/replay/end-sequence.ts';
import { type PickOptions, pickCommits } from '../../../src/ops/replay/pick.ts';
import { readWaitingReplay } from '../../../src/ops/replay/replay-state.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { readStatus } from '../../../src/ops/worktree/status.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';
import { expectClean, subjects } from '../../testkit/replayed.ts';

const BASE = { a: [1, 1], b: [1], c: [1] };

/** `main` changed `a` and `b` since `topic` changed `a` and `c`, then a text. `main` is checked out. */
async function diverged(): Promise<MergeRepository & { readonly change: CommitId }> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': BASE, 'notes.txt': 'one\ntwo\nthree\n' });
  await world.switch('topic', true);
  const change = await world.commit({ 'model.safetensors': { ...BASE, a: [3, 5], c: [7] } });
  await world.commit({ 'notes.txt': 'one\ntwo\n3\n' });
  await world.switch('main');
  await world.commit({ 'model.safetensors': { ...BASE, a: [2, 2], b: [9] }, 'notes.txt': '1\ntwo\nthree\n' });
  return { ...world, change, [Symbol.asyncDispose]: world[Symbol.asyncDispose] };
}

const pick = (world: MergeRepository, revisions: string[], options: Partial<PickOptions> = {}) =>
  pickCommits(world.repository, 'cherry-pick', { revisions, ...options });

const revert = (world: MergeRepository, revisions: string[], options: Partial<PickOptions> = {}) =>
  pickCommits(world.repository, 'revert', { revisions, ...options });

test('a cherry-pick adds the task vector; what is here as it was before is taken by digest', async () => {
  await using world = await diverged();
  const outcome = await pick(world, ['topic~1'], { recordOrigin: true });
  expect(outcome).toMatchObject({
    kind: 'done',
    target: 'refs/heads/main',
    commits: [{ from: world.change }],
  });
  expect(await world.values('model.safetensors')).toEqual({ a: [4, 6], b: [9], c: [7] });
  const { history, store } = world.repository;
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  const [, digest] =
    /^change model.safetensors\n\n\(cherry picked from commit [0-9a-f]{40}\)\nMgit-Merge: ([0-9a-f]{64})\n$/.exec(
      head.message,
    ) ?? [];
  expect(JSON.parse(await world.text(`.mgit/merges/${digest}.json`))).toMatchObject({
    method: 'add_difference',
    parameters: { scale: 1 },
    kernels: { add_difference: 1 },
    base: await history.resolveCommit('topic~2'),
    parents: [await history.resolveCommit('main~1')],
    replay: { operation: 'cherry-pick', commit: world.change, scale: 1 },
    models: [
      { counts: { ours: 1, theirs: 1, computed: 1 }, tensors: [{ name: 'a', method: 'add_difference' }] },
    ],
  });
  const manifest = await readManifestAt(world.repository, head.id, 'model.safetensors');
  const a = manifest?.tensors.find(({ name }) => name === 'a');
  expect(a && (await store.describe(a.extent.digest))?.kind).toBe('recipe');
  await expectClean(world);
});

test('a revert of the pick gives the very tensors back; undo reverses either', async () => {
  await using world = await diverged();
  const { history } = world.repository;
  const tree = async (name: string) => (await history.readCommit(await history.resolveCommit(name))).tree;
  await pick(world, ['topic~1']);
  const outcome = await revert(world, ['HEAD']);
  expect(outcome).toMatchObject({ kind: 'done', models: [] });
  expect(await tree('HEAD')).toBe(await tree('HEAD~2'));
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  expect(head.message).toBe(`Revert "change model.safetensors"\n\nThis reverts commit ${head.parents[0]}.\n`);
  await undoLast(world.repository);
  await undoLast(world.repository);
  expect(await world.values('model.safetensors')).toEqual({ ...BASE, a: [2, 2], b: [9] });
  expect((await readStatus(world.repository)).staged).toEqual([]);
});

test('with a scale every changed tensor is computed', async () => {
  await using world = await diverged();
  await pick(world, ['topic~1'], { scale: 0.5 });
  expect(await world.values('model.safetensors')).toEqual({ a: [3, 4], b: [9], c: [4] });
  await revert(world, ['HEAD'], { scale: 2 });
  expect(await world.values('model.safetensors')).toEqual({ a: [1, 0], b: [9], c: [-2] });
});

test('rules that take a side hold, methods of merges do not', async () => {
  await using world = await diverged();
  await world.commit({
    'mgit.yaml': 'version: 1\nmerge:\n  method: linear\n  rules:\n    - { match: a, take: ours }\n',
  });
  await pick(world, ['topic~1']);
  expect(await world.values('model.safetensors')).toEqual({ a: [2, 2], b: [9], c: [7] });
  await using other = await diverged();
  await pick(other, ['topic~1'], { given: ['take:a=theirs'] });
  expect((await other.values('model.safetensors')).a).toEqual([3, 5]);
  await expect(pick(other, ['topic'], { given: ['weight=2'] })).rejects.toMatchObject({ code: 'USAGE' });
});

test('a range is picked oldest first and moves the branch once; authors stay', async () => {
  await using world = await diverged();
  const before = (await world.repository.history.reflog('refs/heads/main')).length;
  await pick(world, ['main..topic']);
  expect(await subjects(world, 2)).toEqual(['change notes.txt', 'change model.safetensors']);
  const { history } = world.repository;
  expect((await history.reflog('refs/heads/main')).length).toBe(before + 1);
  expect((await history.reflog('refs/heads/main'))[0]?.message).toBe('cherry-pick: change notes.txt');
  expect(await world.text('notes.txt')).toBe('1\ntwo\n3\n');
  await undoLast(world.repository);
  expect(await subjects(world, 1)).toEqual(['change model.safetensors, notes.txt']);
});

test('a change that is here already is refused, left out, or kept as an empty commit', async () => {
  await using world = await diverged();
  await pick(world, ['topic']);
  await expect(pick(world, ['topic'])).rejects.toMatchObject({ code: 'NOTHING_TO_REPLAY' });
  const { history } = world.repository;
  const head = await history.resolveCommit('HEAD');
  expect(await pick(world, ['topic'], { empty: 'drop' })).toMatchObject({
    commits: [],
    dropped: [expect.anything()],
  });
  expect(await history.resolveCommit('HEAD')).toBe(head);
  await pick(world, ['topic'], { empty: 'keep' });
  expect(await history.resolveCommit('HEAD~1')).toBe(head);
});

test('merges need a parent to be seen from; the revert of a revert applies again', async () => {
  await using world = await diverged();
  const { history } = world.repository;
  const [ours, theirs] = [await history.resolveCommit('main'), await history.resolveCommit('topic')];
  const { tree } = await history.readCommit(ours);
  const joined = await history.writeCommit({ tree, parents: [ours, theirs], message: 'joined\n' });
  await history.updateRefs([{ ref: 'refs/heads/main', target: joined }], 'merge topic');
  await expect(revert(world, ['HEAD'])).rejects.toMatchObject({ code: 'COMMIT_IS_MERGE' });
  await expect(revert(world, ['HEAD'], { mainline: 3 })).rejects.toMatchObject({ code: 'USAGE' });
  await revert(world, ['HEAD'], { mainline: 2 });
  const message = async () => (await history.readCommit(await history.resolveCommit('HEAD'))).message;
  expect(await message()).toBe(
    `Revert "joined"\n\nThis reverts commit ${joined}, reversing\nchanges made to ${theirs}.\n`,
  );
  await revert(world, ['HEAD']);
  expect(await message()).toMatch(/^Reapply "joined"\n/);
});

test('a protected branch refuses both', async () => {
  await using world = await diverged();
  const gates = 'gates:\n  - { name: g, command: ["true"], results: lm-eval, runner: local }\n';
  await world.commit({ 'mgit.yaml': `version: 1\n${gates}protect:\n  main: { gates: [g] }\n` });
  await expect(pick(world, ['topic'])).rejects.toMatchObject({ code: 'BRANCH_PROTECTED' });
  await expect(revert(world, ['HEAD'])).rejects.toMatchObject({ code: 'BRANCH_PROTECTED' });
});

/** `topic` changed a text in its first commit and the model in its second; `main` changed the same line. */
async function conflicted(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': BASE, 'notes.txt': 'one\n' });
  await world.switch('topic', true);
  await world.commit({ 'new.txt': 'new\n' });
  await world.commit({ 'notes.txt': 'topic\n', 'model.safetensors': { ...BASE, a: [5, 5], b: [2] } });
  await world.commit({ 'later.txt': 'later\n' });
  await world.switch('main');
  await world.commit({ 'notes.txt': 'main\n', 'model.safetensors': { ...BASE, a: [2, 2], b: [1, 1] } });
  return world;
}

test('a conflict waits as Git has it: what is made so far is on the branch, and --continue goes on', async () => {
  await using world = await conflicted();
  const { repository } = world;
  const origin = await repository.history.resolveCommit('main');
  expect(await pick(world, ['main..topic'])).toMatchObject({
    kind: 'conflicts',
    remaining: 1,
    conflicts: [
      { path: 'model.safetensors', tensors: [{ name: 'b', reason: 'shape-differs' }] },
      { path: 'notes.txt', kind: 'text' },
    ],
  });
  expect(await world.text('notes.txt')).toMatch(
    /^<<<<<<< HEAD\nmain\n=======\ntopic\n>>>>>>> [0-9a-f]{7,} \(change/,
  );
  expect(await world.text('new.txt')).toBe('new\n');
  await expect(pick(world, ['topic'])).rejects.toMatchObject({ code: 'REPLAY_IN_PROGRESS' });
  await expect(commitIndex(repository, { cwd: world.path, message: 'x' })).rejects.toMatchObject({
    code: 'REPLAY_IN_PROGRESS',
  });
  await world.write('notes.txt', 'both\n');
  await addPaths(repository, { cwd: world.path, paths: ['notes.txt'] });
  expect(await continueReplay(repository, { operation: 'cherry-pick' })).toMatchObject({ kind: 'conflicts' });
  const outcome = await continueReplay(repository, { operation: 'cherry-pick', given: ['take:b=theirs'] });
  expect(outcome).toMatchObject({ kind: 'done', previous: origin, commits: [{}, {}, {}] });
  expect(await world.values('model.safetensors')).toEqual({ ...BASE, a: [6, 6], b: [2] });
  expect(await world.text('later.txt')).toBe('later\n');
  await expectClean(world);
  expect(existsSync(join(world.path, '.git/sequencer'))).toBe(false);
  await undoLast(repository);
  expect(await repository.history.resolveCommit('main')).toBe(origin);
  expect(await world.text('notes.txt')).toBe('main\n');
});

test('--abort brings everything back, --skip leaves the commit out', async () => {
  await using world = await conflicted();
  const { repository } = world;
  const origin = await repository.history.resolveCommit('main');
  await pick(world, ['main..topic']);
  await abortReplay(repository, 'cherry-pick');
  expect(await repository.history.resolveCommit('HEAD')).toBe(origin);
  await expectClean(world);
  expect(await readWaitingReplay(repository)).toBeUndefined();
  await pick(world, ['main..topic']);
  expect(await skipReplay(repository, { operation: 'cherry-pick' })).toMatchObject({
    kind: 'done',
    commits: [{}, {}],
    dropped: [expect.anything()],
  });
  expect(await world.text('notes.txt')).toBe('main\n');
  expect(readdirSync(world.path)).toContain('later.txt');
  await expectClean(world);
});

test('what is staged refuses a conflict before anything is written', async () => {
  await using world = await conflicted();
  await world.write('staged.txt', 'x');
  await addPaths(world.repository, { cwd: world.path, paths: ['staged.txt'] });
  await expect(pick(world, ['topic~1'])).rejects.toMatchObject({
    code: 'LOCAL_CHANGES',
    details: { paths: ['staged.txt'] },
  });
  expect((await readStatus(world.repository)).staged).toMatchObject([{ path: 'staged.txt' }]);
  expect(await readWaitingReplay(world.repository)).toBeUndefined();
});
