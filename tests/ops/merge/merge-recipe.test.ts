import { expect, test } from 'vitest';
import { verifyCommit } from '../../../src/ops/maintenance/verify-commit.ts';
import { continueMerge, mergeRevisions } from '../../../src/ops/merge/merge.ts';
import { previewMerge } from '../../../src/ops/merge/preview.ts';
import { readMergeRecord } from '../../../src/ops/merge/read-merge-record.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';

/** Branch `main` with a base, and `left` and `right` that grew from it; text changed on both, in other files. */
async function branches(): Promise<MergeRepository> {
  const scene = await mergeRepository();
  await scene.commit({
    'm.safetensors': { 'layers.0.w': [0], 'layers.1.w': [0], head: [0] },
    'notes.txt': 'base\n',
  });
  await scene.switch('left', true);
  await scene.commit({
    'm.safetensors': { 'layers.0.w': [2], 'layers.1.w': [4], head: [0] },
    'left.txt': 'l',
  });
  await scene.switch('main');
  await scene.switch('right', true);
  await scene.commit({
    'm.safetensors': { 'layers.0.w': [6], 'layers.1.w': [8], head: [8] },
    'right.txt': 'r',
  });
  await scene.switch('main');
  return scene;
}

const merge = (scene: MergeRepository, text: string, given: readonly string[] = []) =>
  mergeRevisions(scene.repository, { revisions: [], given, recipe: { name: 'r.yaml', text } });

test('models are what the recipe says, whichever side changed them; other files are merged as ever', async () => {
  await using scene = await branches();
  const outcome = await merge(
    scene,
    'merge_method: linear\nmodels: [{ model: left, parameters: { weight: 1 } }, { model: right, parameters: { weight: [1, 3] } }]',
  );
  expect(outcome).toMatchObject({ kind: 'landed', fastForward: false });
  expect(await scene.values('m.safetensors')).toEqual({ 'layers.0.w': [4], 'layers.1.w': [7], head: [6] });
  expect(await scene.text('left.txt')).toBe('l');
  expect(await scene.text('right.txt')).toBe('r');
  const { history } = scene.repository;
  const commit = await history.readCommit((await history.head()).commit as never);
  expect(commit.parents).toHaveLength(3);
  expect(commit.message).toMatch(/^Merge left, right by r\.yaml\n\nMgit-Merge: /);
});

test('a base is no parent, and single files of revisions may be named', async () => {
  await using scene = await branches();
  await merge(
    scene,
    'version: 1\nbase: main~0:m.safetensors\nmodels: [left:m.safetensors, right:m.safetensors]\nmethod: task_arithmetic\nrules: [{ match: head, take: theirs }]',
    ['lambda=0.5'],
  );
  expect(await scene.values('m.safetensors')).toEqual({ 'layers.0.w': [4], 'layers.1.w': [6], head: [8] });
});

test('layers are stacked in a new file, and the config beside it says so', async () => {
  await using scene = await branches();
  for (const branch of ['left', 'right']) {
    await scene.switch(branch);
    await scene.commit({ 'config.json': '{"num_hidden_layers": 2}' });
  }
  await scene.switch('main');
  await merge(
    scene,
    'merge_method: linear\nslices: [{ sources: [{ model: left, layer_range: [0, 2] }] }, { sources: [{ model: right, layer_range: [1, 2] }] }]',
  );
  expect(await scene.values('m.safetensors')).toEqual({
    'layers.0.w': [2],
    'layers.1.w': [4],
    'layers.2.w': [8],
    head: [8],
  });
  expect(JSON.parse(await scene.text('config.json'))).toMatchObject({ num_hidden_layers: 3 });
});

test('the commit can be recomputed from its recipe records', async () => {
  await using scene = await branches();
  const recipe =
    'merge_method: linear\nmodels: [{ model: left }, { model: right, parameters: { weight: 3 } }]';
  const outcome = await merge(scene, recipe);
  if (outcome.kind !== 'landed') throw new Error(outcome.kind);
  const verified = await verifyCommit(scene.repository, outcome.commit);
  expect(verified).toMatchObject({ recomputed: 2, failures: [] }); // The third has the bytes of a tensor of another branch.
});

test('what only a folder can hold is refused by name, and the branch stays', async () => {
  await using scene = await branches();
  const before = (await scene.repository.history.head()).commit;
  const refused = (text: string) => expect(merge(scene, text)).rejects;
  await refused('merge_method: linear\nmodels: [{ model: left }]\ndtype: bfloat16').toMatchObject({
    code: 'MERGE_RECIPE_NEEDS_OUT',
  });
  await refused('merge_method: linear\nmodels: [{ model: left }]\ntokenizer_source: base').toMatchObject({
    code: 'MERGE_RECIPE_NEEDS_OUT',
  });
  await refused('merge_method: linear\nmodels: [{ model: left+lora }]').toMatchObject({
    code: 'MERGE_RECIPE_NEEDS_OUT',
    hint: expect.stringContaining('commit --adapter'),
  });
  await refused('merge_method: linear\nmodels: [{ model: none }]').toMatchObject({
    code: 'REVISION_UNKNOWN',
  });
  await refused('merge_method: linear\nmodels: [{ model: left:other.safetensors }]').toMatchObject({
    code: 'MODEL_NOT_FOUND',
  });
  expect((await scene.repository.history.head()).commit).toBe(before);
});

test('conflicts in other files wait to be resolved, and the record knows the recipe', async () => {
  await using scene = await branches();
  await scene.commit({ 'left.txt': 'ours\n' });
  const recipe =
    'merge_method: linear\nmodels: [{ model: left }, { model: right, parameters: { weight: 3 } }]';
  const outcome = await merge(scene, recipe, ['normalize=true']);
  expect(outcome).toMatchObject({ kind: 'conflicts', conflicts: [{ path: 'left.txt' }] });
  const go = await continueMerge(scene.repository, { given: ['take:left.txt=ours'] });
  if (go.kind !== 'landed') throw new Error(go.kind);
  expect(await scene.text('left.txt')).toBe('ours\n');
  expect(await scene.values('m.safetensors')).toEqual({ 'layers.0.w': [5], 'layers.1.w': [7], head: [6] });
  const { message, tree } = await scene.repository.history.readCommit(go.commit);
  expect(message).toContain('Merge left, right by r.yaml');
  expect(await readMergeRecord(scene.repository, { message, tree })).toMatchObject({
    method: 'linear',
    recipe,
  });
});

test('a dry run plans a recipe, changes nothing, and shows conflicts', async () => {
  await using scene = await branches();
  await scene.commit({ 'left.txt': 'ours\n' });
  const before = await scene.repository.history.listRefs('refs/');
  const text = 'merge_method: task_arithmetic\nbase_model: main\nmodels: [{ model: left }, { model: right }]';
  const request = { revisions: [], method: undefined, given: [], into: undefined };
  const preview = await previewMerge(scene.repository, { ...request, recipe: { name: 'r.yaml', text } });
  expect(preview).toMatchObject({
    relation: 'diverged',
    conflicts: [{ path: 'left.txt' }],
    models: [{ path: 'm.safetensors', tensors: [{ action: 'compute', by: 'task_arithmetic' }, {}, {}] }],
  });
  expect(await scene.repository.history.listRefs('refs/')).toEqual(before);
});
