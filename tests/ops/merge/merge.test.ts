import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import type { GateRun } from '../../../src/ops/gate/gate-run.ts';
import { readManifestAt } from '../../../src/ops/history/manifests-at.ts';
import { verifyCommit } from '../../../src/ops/maintenance/verify-commit.ts';
import { abortMerge } from '../../../src/ops/merge/abort.ts';
import {
  continueMerge,
  type MergeOptions,
  type MergeOutcome,
  mergeRevisions,
} from '../../../src/ops/merge/merge.ts';
import { readMergeState } from '../../../src/ops/merge/merge-state.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { readStatus } from '../../../src/ops/worktree/status.ts';
import { switchTo } from '../../../src/ops/worktree/switch.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';

/** Gates that must not be asked. */
const noGates: NonNullable<MergeOptions['runGates']> = async () => {
  throw new Error('no gate was expected');
};

function merge(world: MergeRepository, options: Partial<MergeOptions> = {}): Promise<MergeOutcome> {
  return mergeRevisions(world.repository, { revisions: ['theirs'], runGates: noGates, ...options });
}

const BASE = { w: [1, 1], b: [1], head: [1] };

/** Two branches that changed one tensor each and one tensor both. `main` is checked out. */
async function diverged(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': BASE, 'notes.txt': 'one\ntwo\nthree\n' });
  await world.switch('theirs', true);
  await world.commit({
    'model.safetensors': { ...BASE, w: [3, 5], head: [7] },
    'notes.txt': 'one\ntwo\n3\n',
  });
  await world.switch('main');
  await world.commit({ 'model.safetensors': { ...BASE, w: [2, 2], b: [9] }, 'notes.txt': '1\ntwo\nthree\n' });
  return world;
}

test('a merge is a commit of two parents with a record; index and work tree follow it', async () => {
  await using world = await diverged();
  const outcome = await merge(world);
  expect(outcome).toMatchObject({ kind: 'landed', fastForward: false, attempts: 1 });
  expect(await world.values('model.safetensors')).toEqual({ w: [2.5, 3.5], b: [9], head: [7] });
  expect(await world.text('notes.txt')).toBe('1\ntwo\n3\n');
  const { history } = world.repository;
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  expect(head.parents).toEqual([
    await history.resolveCommit('main~1'),
    await history.resolveCommit('theirs'),
  ]);
  const [, digest] = /^Merge branch 'theirs'\n\nMgit-Merge: ([0-9a-f]{64})\n$/.exec(head.message) ?? [];
  const record = JSON.parse(await world.text(`.mgit/merges/${digest}.json`));
  expect(record).toMatchObject({
    version: 1,
    method: 'linear',
    kernels: { linear: 1 },
    parents: head.parents,
    revisions: ['theirs'],
    models: [
      {
        path: 'model.safetensors',
        counts: { kept: 0, ours: 1, theirs: 1, base: 0, computed: 1, removed: 0, conflicts: 0 },
        tensors: [{ name: 'w', method: 'linear', models: [0, 1], signConflicts: [0] }],
      },
    ],
  });
  expect(record.models[0].tensors[0].norms[0]).toBeCloseTo(Math.SQRT2, 14);
  expect(await history.listRefs('refs/mgit/candidates/')).toEqual([]);
  const status = await readStatus(world.repository);
  expect([status.staged, status.unstaged, status.untracked]).toEqual([[], [], []]);
});

test('the merged tensor is stored as a recipe and nothing else', async () => {
  await using world = await diverged();
  await merge(world);
  const { store, history } = world.repository;
  const manifest = await readManifestAt(
    world.repository,
    await history.resolveCommit('HEAD'),
    'model.safetensors',
  );
  const kinds = await Promise.all(
    (manifest?.tensors ?? []).map(async ({ name, extent }) => [
      name,
      (await store.describe(extent.digest))?.kind,
    ]),
  );
  expect(Object.fromEntries(kinds).w).toBe('recipe');
  expect(kinds.filter(([, kind]) => kind === 'recipe')).toHaveLength(1);
});

test('what is contained already is up to date; what descends from the tip is fast-forwarded', async () => {
  await using world = await diverged();
  expect(await merge(world, { revisions: ['main'] })).toMatchObject({ kind: 'up-to-date' });
  await world.switch('old', true);
  const tip = await world.commit({ 'new.txt': 'x' });
  await world.switch('main');
  expect(await merge(world, { revisions: ['old'] })).toMatchObject({
    kind: 'landed',
    fastForward: true,
    commit: tip,
  });
  expect(await world.text('new.txt')).toBe('x');
});

test('methods and parameters come from the command line, then from mgit.yaml at the tip', async () => {
  await using world = await diverged();
  await world.commit({
    'mgit.yaml':
      'version: 1\nmerge:\n  method: task_arithmetic\n  rules:\n    - { match: w, parameters: { lambda: 0.5 } }\n',
  });
  await merge(world);
  expect((await world.values('model.safetensors')).w).toEqual([2.5, 3.5]);
  await using other = await diverged();
  await merge(other, { given: ['weight=0.25,0.75'] });
  expect((await other.values('model.safetensors')).w).toEqual([2.75, 4.25]);
});

test('a merge into another branch leaves the current one alone', async () => {
  await using world = await diverged();
  await world.switch('elsewhere', true);
  await world.commit({ 'here.txt': 'here' });
  const outcome = await merge(world, { into: 'main' });
  expect(outcome).toMatchObject({ kind: 'landed', target: 'refs/heads/main' });
  expect(await world.text('here.txt')).toBe('here');
  expect((await world.values('model.safetensors')).w).toEqual([2, 2]);
  await world.switch('main');
  expect((await world.values('model.safetensors')).w).toEqual([2.5, 3.5]);
});

test('local changes in files that the merge touches are kept and refuse it', async () => {
  await using world = await diverged();
  await world.write('notes.txt', 'mine\n');
  await expect(merge(world)).rejects.toMatchObject({
    code: 'LOCAL_CHANGES',
    details: { paths: ['notes.txt'] },
  });
  expect(await world.text('notes.txt')).toBe('mine\n');
});

test('several revisions at once', async () => {
  await using world = await diverged();
  await world.switch('third', true);
  const { repository } = world;
  const base = await repository.history.resolveCommit('main~1');
  await switchTo(repository, { target: 'main~1', create: 'fourth' });
  await world.commit({ 'model.safetensors': { ...BASE, w: [4, 8] } });
  await world.switch('main');
  const outcome = await merge(world, { revisions: ['theirs', 'fourth'] });
  expect(outcome).toMatchObject({ kind: 'landed' });
  expect((await world.values('model.safetensors')).w).toEqual([3, 5]);
  const { history } = repository;
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  expect(head.parents).toHaveLength(3);
  expect(head.message).toContain("Merge branches 'theirs' and 'fourth'");
  expect(await history.isAncestor(base, head.id)).toBe(true);
});

/** Conflicts of all three kinds. */
async function conflicted(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': { a: [1], b: [1] }, 'notes.txt': 'one\n', 'gone.txt': 'x\n' });
  await world.switch('theirs', true);
  await world.commit({
    'model.safetensors': { a: [2], b: [3, 3] },
    'notes.txt': 'theirs\n',
    'gone.txt': 'y\n',
  });
  await world.switch('main');
  await world.commit({
    'model.safetensors': { a: [4], b: [5] },
    'notes.txt': 'ours\n',
    'gone.txt': undefined,
  });
  return world;
}

test('conflicts are recorded, listed, and resolved by add and by -X', async () => {
  await using world = await conflicted();
  const outcome = await merge(world);
  expect(outcome).toMatchObject({
    kind: 'conflicts',
    conflicts: [
      { kind: 'file', path: 'gone.txt', reason: 'modify-delete' },
      {
        kind: 'tensors',
        path: 'model.safetensors',
        tensors: [{ name: 'b', reason: 'shape-differs', resolutions: ['ours', 'theirs', 'base'] }],
      },
      { kind: 'text', path: 'notes.txt', regions: 1 },
    ],
  });
  expect(await world.text('notes.txt')).toBe('<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> theirs\n');
  const status = await readStatus(world.repository);
  expect(status.conflicts.map(({ path, stages }) => [path, stages])).toEqual([
    ['gone.txt', [1, 3]],
    ['model.safetensors', [1, 2, 3]],
    ['notes.txt', [1, 2, 3]],
  ]);
  await expect(merge(world)).rejects.toMatchObject({ code: 'MERGE_IN_PROGRESS' });

  await world.write('notes.txt', 'both\n');
  await addPaths(world.repository, { cwd: world.path, paths: ['notes.txt'] });
  const options = { runGates: noGates };
  const half = await continueMerge(world.repository, { ...options, given: ['take:gone.txt=theirs'] });
  expect(half).toMatchObject({ kind: 'conflicts', conflicts: [{ path: 'model.safetensors' }] });
  const done = await continueMerge(world.repository, { ...options, given: ['take:b=theirs'] });
  expect(done).toMatchObject({ kind: 'landed' });
  expect(await world.values('model.safetensors')).toEqual({ a: [3], b: [3, 3] });
  expect([await world.text('notes.txt'), await world.text('gone.txt')]).toEqual(['both\n', 'y\n']);
  expect(await readMergeState(world.repository)).toBeUndefined();
  const after = await readStatus(world.repository);
  expect([after.staged, after.unstaged, after.untracked, after.conflicts]).toEqual([[], [], [], []]);
});

test('a choice that names nothing is refused, before and after a conflict', async () => {
  await using world = await conflicted();
  const refused = {
    code: 'MERGE_RULE_UNMATCHED',
    message: 'no tensor, model or other file is called heda.*',
  };
  await expect(merge(world, { given: ['take:heda.*=ours'] })).rejects.toMatchObject(refused);
  expect(await readMergeState(world.repository)).toBeUndefined();
  expect(await merge(world)).toMatchObject({ kind: 'conflicts' });
  const more = { runGates: noGates, given: ['take:heda.*=theirs'] };
  await expect(continueMerge(world.repository, more)).rejects.toMatchObject(refused);
  expect((await readMergeState(world.repository))?.given).toEqual([]);
});

test('a choice for a model by its path holds for all of its tensors; a glob is for names, or for names in a model', async () => {
  await using world = await mergeRepository();
  const model = (value: number) => ({ a: [value], b: [value] });
  const both = (value: number) => ({ 'x.safetensors': model(value), 'y.safetensors': model(value) });
  await world.commit(both(1));
  await world.switch('theirs', true);
  await world.commit(both(3));
  await world.switch('main');
  await world.commit(both(5));
  await expect(merge(world, { given: ['take:x.*=ours'] })).rejects.toMatchObject({
    code: 'MERGE_RULE_UNMATCHED',
  });
  const given = ['take:x.safetensors=theirs', 'take:y.*:b=ours', 'take:a=base'];
  expect(await merge(world, { given })).toMatchObject({ kind: 'landed' });
  expect(await world.values('x.safetensors')).toEqual({ a: [3], b: [3] });
  expect(await world.values('y.safetensors')).toEqual({ a: [1], b: [5] });
});

test('a merge that is given up leaves everything as it was', async () => {
  await using world = await conflicted();
  await world.write('local.txt', 'mine\n');
  await merge(world);
  await abortMerge(world.repository);
  expect(await world.values('model.safetensors')).toEqual({ a: [4], b: [5] });
  expect(await world.text('notes.txt')).toBe('ours\n');
  const status = await readStatus(world.repository);
  expect([status.staged, status.unstaged, status.untracked]).toEqual([[], [], ['local.txt']]);
  await expect(abortMerge(world.repository)).rejects.toMatchObject({ code: 'MERGE_NONE' });
});

test('a merge that plain Git concludes waits no longer', async () => {
  await using world = await conflicted();
  await merge(world);
  const git = (...args: string[]) =>
    world.ports.processes.run({ command: 'git', args, cwd: world.path, env: world.ports.env });
  await git('checkout', '--ours', '--', 'notes.txt', 'model.safetensors');
  await git('add', '-A');
  expect(await git('commit', '--no-edit')).toMatchObject({ code: 0 });
  expect((await readStatus(world.repository)).merging).toEqual([]);
  expect(await merge(world)).toMatchObject({ kind: 'up-to-date' });
});

test('conflicts in a branch that is not checked out are an error that lists them', async () => {
  await using world = await conflicted();
  await world.switch('elsewhere', true);
  await expect(merge(world, { into: 'main' })).rejects.toMatchObject({ code: 'MERGE_CONFLICTS' });
});

/** `diverged`, with `main` protected by one gate. */
async function guarded(): Promise<MergeRepository> {
  const world = await diverged();
  await world.commit({
    'mgit.yaml':
      'version: 1\ngates:\n  - name: smoke\n    command: ["true"]\n    accept: [{ metric: accuracy, against: base, margin: 0.01 }]\nprotect:\n  main: { gates: [smoke] }\n',
  });
  return world;
}

function verdict(given: GateRun['verdict']): NonNullable<MergeOptions['runGates']> {
  return async ({ history }, { candidate, targetRef }) => ({
    verdict: given,
    candidate,
    targetRef,
    tip: await history.resolveCommit(targetRef),
    gates: [],
    complete: true,
  });
}

test('a protected branch advances to a candidate that passes', async () => {
  await using world = await guarded();
  const outcome = await merge(world, { runGates: verdict('pass') });
  expect(outcome).toMatchObject({ kind: 'landed', gates: { verdict: 'pass' } });
  expect((await world.values('model.safetensors')).w).toEqual([2.5, 3.5]);
});

test('a candidate that fails keeps its ref; branch and work tree stay', async () => {
  await using world = await guarded();
  const { history } = world.repository;
  const tip = await history.resolveCommit('main');
  const outcome = await merge(world, { runGates: verdict('fail') });
  expect(outcome).toMatchObject({ kind: 'held', tip, gates: { verdict: 'fail' } });
  expect(await history.resolveCommit('main')).toBe(tip);
  expect((await world.values('model.safetensors')).w).toEqual([2, 2]);
  expect(await history.listRefs('refs/mgit/candidates/')).toHaveLength(1);
});

test('--no-gate is refused on a protected branch, before anything is computed', async () => {
  await using world = await guarded();
  await expect(merge(world, { gate: false })).rejects.toMatchObject({ code: 'BRANCH_PROTECTED' });
  expect(await world.repository.history.listRefs('refs/mgit/candidates/')).toEqual([]);
});

test('a fast-forward of a protected branch is gated, too', async () => {
  await using world = await guarded();
  await world.switch('next', true);
  const tip = await world.commit({ 'new.txt': 'x' });
  await world.switch('main');
  const held = await merge(world, { revisions: ['next'], runGates: verdict('inconclusive') });
  expect(held).toMatchObject({ kind: 'held', candidate: tip });
  const landed = await merge(world, { revisions: ['next'], runGates: verdict('pass') });
  expect(landed).toMatchObject({ kind: 'landed', commit: tip, fastForward: true });
});

test('a branch that moves while its candidate is gated is merged and gated again', async () => {
  await using world = await guarded();
  const { repository } = world;
  await world.switch('elsewhere', true);
  let runs = 0;
  const runGates: NonNullable<MergeOptions['runGates']> = async (_, options) => {
    const passed = await verdict('pass')(repository, options);
    runs++;
    if (runs > 1) return passed;
    const { history } = repository;
    const tip = await history.readCommit(passed.tip);
    const moved = await history.writeCommit({ tree: tip.tree, parents: [tip.id], message: 'meanwhile\n' });
    await history.updateRefs([{ ref: 'refs/heads/main', target: moved }], 'meanwhile');
    return passed;
  };
  expect(await merge(world, { into: 'main', runGates })).toMatchObject({ kind: 'landed', attempts: 2 });
  expect(runs).toBe(2);
});

test('ties as in the paper trims the whole model at once, all its shards, and each tensor is recomputed alone', async () => {
  await using world = await mergeRepository();
  const shard = (number: number): string => `m-0000${number}-of-00002.safetensors`;
  const model = (large: readonly number[], small: readonly number[]) => ({
    [shard(1)]: { large: [...large] },
    [shard(2)]: { small: [...small] },
  });
  await world.commit(model([0, 0, 0, 0], [0, 0, 0, 0]));
  await world.switch('theirs', true);
  await world.commit(model([8, 7, 6, 5], [4, 3, 2, 1]));
  await world.switch('main');
  await world.commit(model([8, 1, 7, 2], [6, 3, 5, 4]));
  await merge(world, { method: 'ties', given: ['variant=paper', 'density=0.375'] });
  // Of the magnitudes 8 to 1 of each side, the four largest stay: 8 to 5.
  expect(await world.values(shard(1))).toEqual({ large: [8, 7, 6.5, 5] });
  expect(await world.values(shard(2))).toEqual({ small: [6, 0, 5, 0] });
  const { commit } = await world.repository.history.head();
  expect(await verifyCommit(world.repository, commit as CommitId)).toMatchObject({
    recomputed: 2,
    failures: [],
  });
});
