import { expect, test } from 'vitest';
import { averageCommits } from '../../../src/ops/average/average.ts';
import { verifyCommit } from '../../../src/ops/maintenance/verify-commit.ts';
import { readMergeRecord } from '../../../src/ops/merge/read-merge-record.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';
import { runMgit } from '../../testkit/world.ts';

const FILE = 'model.safetensors';

/** Four versions of a model on main, and a commit between that changes no model. */
async function trained(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ [FILE]: { w: [0, 0], same: [7] } });
  await world.commit({ [FILE]: { w: [8, 0], same: [7] } });
  await world.commit({ 'notes.txt': 'nothing happened\n' });
  await world.commit({ [FILE]: { w: [8, 4], same: [7] } });
  await world.commit({ [FILE]: { w: [16, 4], same: [7] } });
  return world;
}

const average = (world: MergeRepository, options: Partial<Parameters<typeof averageCommits>[1]>) =>
  averageCommits(world.repository, {
    cwd: world.path,
    revisions: ['main~4..main'],
    method: 'ema',
    given: ['decay=0.5'],
    ...options,
  });

test('a range is averaged from its oldest version on, each version once, and committed with its recipe', async () => {
  await using world = await trained();
  const before = (await world.repository.history.head()).commit;
  const result = await average(world, {});
  expect(result.versions).toHaveLength(3);
  expect(await world.values(FILE)).toEqual({ w: [12, 3], same: [7] });
  expect(result.commit.parents).toEqual([before]);
  expect(await world.text('notes.txt')).toBe('nothing happened\n');
  expect(result.models).toMatchObject([{ path: FILE, counts: { computed: 1, kept: 1 } }]);
});

test('the commit has a record of what was averaged, which show tells and verify recomputes', async () => {
  await using world = await trained();
  const { commit, versions } = await average(world, {});
  expect(await readMergeRecord(world.repository, commit)).toMatchObject({
    method: 'ema',
    parameters: { decay: 0.5 },
    averaged: versions,
    parents: commit.parents,
    models: [{ path: FILE, tensors: [{ name: 'w', method: 'ema' }] }],
  });
  const shown = await runMgit(world.ports, world.path, 'show', 'HEAD');
  expect(shown.stdout).toContain('Average of 3 versions by ema decay=0.5');
  expect(shown.stdout).toContain(`${FILE}: 1 merged, 1 unchanged`);
  expect(await verifyCommit(world.repository, commit.id)).toMatchObject({ recomputed: 1, failures: [] });
});

test('undo takes the average back, in the work tree as well', async () => {
  await using world = await trained();
  await average(world, {});
  const undone = await runMgit(world.ports, world.path, 'undo');
  expect(undone.exitCode).toBe(0);
  expect(await world.values(FILE)).toEqual({ w: [16, 4], same: [7] });
  expect((await runMgit(world.ports, world.path, 'status', '--json')).json()).toMatchObject({
    staged: [],
    unstaged: [],
  });
});

test('several revisions make a soup, in their order, whether they changed a tensor or not', async () => {
  await using world = await trained();
  await average(world, { method: 'uniform_soup', given: [], revisions: ['main~4', 'main~3', 'main'] });
  const { w } = await world.values(FILE);
  expect(w?.map(value => Number(value.toFixed(5)))).toEqual([8, 1.33333]);
});

test('what cannot be averaged is refused by name, and nothing changes', async () => {
  await using world = await trained();
  const before = await world.repository.history.listRefs('refs/');
  await expect(average(world, { method: 'task_arithmetic', given: [] })).rejects.toMatchObject({
    code: 'MERGE_BASE_REQUIRED',
  });
  await expect(average(world, { method: 'ours', given: [] })).rejects.toMatchObject({
    code: 'MERGE_BASE_REQUIRED',
  });
  await expect(average(world, { given: ['take:w=ours'] })).rejects.toMatchObject({ code: 'USAGE' });
  await expect(average(world, { method: 'slerp', given: [] })).rejects.toMatchObject({
    code: 'MERGE_MODELS_UNSUPPORTED',
  });
  await expect(average(world, { revisions: ['main~3', 'main~2'] })).rejects.toMatchObject({
    code: 'AVERAGE_TOO_FEW',
  });
  await expect(average(world, { revisions: ['main~5', 'main'] })).rejects.toMatchObject({
    code: 'MODEL_MISSING',
  });
  await world.commit({ [FILE]: { w: [1, 2, 3], same: [7] } });
  await expect(average(world, { revisions: ['main~1', 'main'] })).rejects.toMatchObject({
    code: 'AVERAGE_MISMATCH',
    details: { tensors: ['w'] },
  });
  await world.commit({ [FILE]: { w: [1, Number.NaN, 3], same: [7] } });
  const { commit: bad } = await world.repository.history.head();
  await expect(average(world, { revisions: ['main~1', 'main'] })).rejects.toMatchObject({
    code: 'MERGE_NON_FINITE',
    message: expect.stringContaining(`w (1 in ${bad?.slice(0, 10)})`),
  });
  await world.write(FILE, { w: [9], same: [7] });
  await expect(average(world, {})).rejects.toMatchObject({ code: 'LOCAL_CHANGES' });
  expect((await world.repository.history.listRefs('refs/')).length).toBe(before.length);
});
