import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MgitEvent } from '../../../src/base/events.ts';
import { undoLast } from '../../../src/ops/history/undo.ts';
import { continueReplay } from '../../../src/ops/replay/continue-sequence.ts';
import { abortReplay } from '../../../src/ops/replay/end-sequence.ts';
import { pickCommits } from '../../../src/ops/replay/pick.ts';
import { type RebaseOptions, rebaseBranch } from '../../../src/ops/replay/rebase.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';
import { expectClean, subjects } from '../../testkit/replayed.ts';

const BASE = { a: [1, 1], b: [1], c: [1] };

/** `topic` changed `a`, then `c` and a text; `main` changed `a` and `b` since. `topic` is checked out. */
async function diverged(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': BASE, 'notes.txt': 'base\n' });
  await world.switch('topic', true);
  await world.commit({ 'model.safetensors': { ...BASE, a: [3, 5] } });
  await world.commit({ 'model.safetensors': { ...BASE, a: [3, 5], c: [7] }, 'topic.txt': 'topic\n' });
  await world.switch('main');
  await world.commit({ 'model.safetensors': { ...BASE, a: [2, 2], b: [9] }, 'main.txt': 'main\n' });
  await world.switch('topic');
  return world;
}

const rebase = ({ repository }: MergeRepository, options: Partial<RebaseOptions> = {}) =>
  rebaseBranch(repository, { upstream: 'main', ...options });

test('task vectors are replayed on the new base; the branch moves once, and undo moves it back', async () => {
  await using world = await diverged();
  const { history } = world.repository;
  const [main, topic] = [await history.resolveCommit('main'), await history.resolveCommit('topic')];
  expect(await rebase(world)).toMatchObject({
    kind: 'done',
    previous: topic,
    commits: [{}, {}],
    dropped: [],
  });
  expect(await world.values('model.safetensors')).toEqual({ a: [4, 6], b: [9], c: [7] });
  expect(await history.resolveCommit('topic~2')).toBe(main);
  expect((await history.reflog('refs/heads/topic'))[0]).toMatchObject({
    old: topic,
    message: `rebase (finish): refs/heads/topic onto ${main}`,
  });
  await expectClean(world);
  expect(await rebase(world)).toMatchObject({ kind: 'done', commit: await history.resolveCommit('topic') });
  await undoLast(world.repository);
  expect(await history.resolveCommit('topic')).toBe(topic);
  expect(await world.values('model.safetensors')).toEqual({ ...BASE, a: [3, 5], c: [7] });
});

test('what the upstream has picked, computed or not, is left out: nothing is added twice', async () => {
  await using world = await diverged();
  await world.switch('main');
  await pickCommits(world.repository, 'cherry-pick', { revisions: ['topic~1'] });
  await world.switch('topic');
  expect(await rebase(world)).toMatchObject({ commits: [{}], dropped: [expect.anything()] });
  expect(await world.values('model.safetensors')).toEqual({ a: [4, 6], b: [9], c: [7] });
  await using other = await mergeRepository();
  await other.commit({ 'notes.txt': 'one\ntwo\n' });
  await other.switch('topic', true);
  await other.commit({ 'notes.txt': 'one\ntwo\nthree\n' });
  await other.switch('main');
  await other.commit({ 'notes.txt': 'one\ntwo\nthree\n' });
  await other.commit({ 'notes.txt': 'one\ntwo\nthree\nfour\n' });
  await other.switch('topic');
  expect(await rebase(other)).toMatchObject({ commits: [], dropped: [expect.anything()] });
});

test('another branch, another place, and a scale', async () => {
  await using world = await diverged();
  await world.switch('main');
  await rebase(world, { branch: 'topic', upstream: 'topic~1', onto: 'main', scale: 0.5 });
  expect(await world.repository.history.head()).toMatchObject({ ref: 'refs/heads/topic' });
  expect(await world.values('model.safetensors')).toEqual({ a: [2, 2], b: [9], c: [4] });
  await expectClean(world);
  await undoLast(world.repository);
  expect(await world.repository.history.head()).toMatchObject({ ref: 'refs/heads/main' });
  expect((await world.values('model.safetensors')).c).toEqual([1]);
});

test('merges are left out, with a warning', async () => {
  await using world = await diverged();
  const { history } = world.repository;
  const [topic, base] = [await history.resolveCommit('topic'), await history.resolveCommit('main~1')];
  const { tree } = await history.readCommit(topic);
  const side = await history.writeCommit({ tree, parents: [topic, base], message: 'joined\n' });
  await history.updateRefs([{ ref: 'refs/heads/topic', target: side }], 'join');
  const events: MgitEvent[] = [];
  await rebase(world, { onEvent: event => void events.push(event) });
  expect(events).toContainEqual(expect.objectContaining({ code: 'REBASE_MERGE_LEFT_OUT' }));
  expect(await subjects(world, 3)).toEqual([
    'change model.safetensors, topic.txt',
    'change model.safetensors',
    'change model.safetensors, main.txt',
  ]);
});

test('a conflict waits with HEAD detached and the branch where it was', async () => {
  await using world = await diverged();
  const { repository } = world;
  await world.commit({ 'notes.txt': 'topic\n' });
  await world.commit({ 'last.txt': 'last\n' });
  await world.switch('main');
  await world.commit({ 'notes.txt': 'main\n' });
  await world.switch('topic');
  const topic = await repository.history.resolveCommit('topic');
  expect(await rebase(world)).toMatchObject({ kind: 'conflicts', remaining: 1 });
  expect(await repository.history.head()).toMatchObject({ kind: 'detached' });
  expect(await repository.history.resolveCommit('topic')).toBe(topic);
  await abortReplay(repository, 'rebase');
  expect(await repository.history.head()).toMatchObject({ ref: 'refs/heads/topic', commit: topic });
  await expectClean(world);
  await rebase(world);
  await world.write('notes.txt', 'both\n');
  await addPaths(repository, { cwd: world.path, paths: ['notes.txt'] });
  expect(await continueReplay(repository, { operation: 'rebase' })).toMatchObject({
    kind: 'done',
    previous: topic,
    commits: [{}, {}, {}, {}],
  });
  expect(await repository.history.head()).toMatchObject({ ref: 'refs/heads/topic' });
  expect(await world.text('last.txt')).toBe('last\n');
  await expectClean(world);
  await undoLast(repository);
  expect(await repository.history.head()).toMatchObject({ ref: 'refs/heads/topic', commit: topic });
  await expectClean(world);
});

test('what a crash left of the state of an earlier one is in nobody’s way', async () => {
  await using world = await diverged();
  const { gitDirectory } = world.repository.history;
  await mkdir(join(gitDirectory, 'rebase-merge'));
  await writeFile(join(gitDirectory, 'rebase-merge/head-name'), 'refs/heads/topic\n');
  expect(await rebase(world)).toMatchObject({ kind: 'done' });
  expect(existsSync(join(gitDirectory, 'rebase-merge'))).toBe(false);
});

test('a protected branch is not rebased', async () => {
  await using world = await diverged();
  const gates = 'gates:\n  - { name: g, command: ["true"], results: lm-eval, runner: local }\n';
  await world.commit({ 'mgit.yaml': `version: 1\n${gates}protect:\n  topic: { gates: [g] }\n` });
  await expect(rebase(world)).rejects.toMatchObject({ code: 'BRANCH_PROTECTED' });
});
