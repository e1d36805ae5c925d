import { expect, test } from 'vitest';
import { readDisagreement } from '../../../src/ops/merge/disagreement.ts';
import { mergeRevisions } from '../../../src/ops/merge/merge.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';

const names = ['h.0.w', 'h.0.b', 'h.1.w', 'head'] as const;
const model = (...values: (readonly number[])[]) =>
  Object.fromEntries(names.map((name, at) => [name, values[at] ?? []]));

/** In block 0 the sides go opposite ways in one tensor of three, in block 1 the same way; `head` is theirs alone. */
async function merged(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': model([0, 0, 0], [0], [0], [0]) });
  await world.switch('theirs', true);
  await world.commit({ 'model.safetensors': model([3, 0, 0], [-4], [2], [1]) });
  await world.switch('main');
  await world.commit({ 'model.safetensors': model([3, 0, 0], [4], [1], [0]), 'x.txt': 'x' });
  await world.commit({ 'model.safetensors': model([3, 0, 1], [4], [1], [0]) });
  await mergeRevisions(world.repository, { revisions: ['theirs'] });
  return world;
}

test('task vectors of a block add up to one; elements that were moved against each other are counted', async () => {
  await using world = await merged();
  const { history } = world.repository;
  const shown = await readDisagreement(
    world.repository,
    await history.readCommit(await history.resolveCommit('HEAD')),
  );
  expect(shown?.sides).toEqual(['ours', 'theirs']);
  const [{ counts, blocks } = { counts: undefined, blocks: [] }] = shown?.models ?? [];
  expect(counts).toMatchObject({ computed: 3, theirs: 1 });
  expect(blocks.map(({ block, tensors }) => [block, tensors])).toEqual([
    ['h.0', 2],
    ['h.1', 1],
  ]);
  const [first, second] = blocks;
  expect(first?.norms[0]).toBeCloseTo(Math.sqrt(9 + 1 + 16));
  expect(first?.norms[1]).toBeCloseTo(5);
  expect(first?.cosines[0]).toBeCloseTo((9 - 16) / (Math.sqrt(26) * 5));
  expect(first?.signConflicts[0]).toBeCloseTo(1 / 4); // One of the four elements of the block.
  expect(second?.cosines).toEqual([1]);
  expect(second?.signConflicts).toEqual([0]);
});

test('where ours changed no model, the merged branches are compared with each other', async () => {
  await using world = await mergeRepository();
  await world.commit({ 'model.safetensors': { w: [0, 0] } });
  for (const [branch, w] of Object.entries({ math: [3, 4], code: [-4, 3] })) {
    await world.switch('main');
    await world.switch(branch, true);
    await world.commit({ 'model.safetensors': { w } });
  }
  await world.switch('main');
  await world.commit({ 'policy.txt': 'x' });
  await mergeRevisions(world.repository, { revisions: ['math', 'code'] });
  const { history } = world.repository;
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  const shown = await readDisagreement(world.repository, head);
  expect(shown?.models).toMatchObject([
    { sides: [1, 2], blocks: [{ norms: [5, 5], cosines: [0], signConflicts: [0.5] }] },
  ]);
});

test('a commit without a record has none; one whose content is not what its name says is refused', async () => {
  await using world = await merged();
  const { history } = world.repository;
  const read = async (revision: string) =>
    readDisagreement(world.repository, await history.readCommit(await history.resolveCommit(revision)));
  expect(await read('HEAD~1')).toBeUndefined();
  const head = await history.readCommit(await history.resolveCommit('HEAD'));
  const files = await history.listTree(head.tree);
  const id = await history.writeBlob(Buffer.from('{"version":1}'));
  const forged = files.map(file => (file.path.startsWith('.mgit/merges/') ? { ...file, id } : file));
  const tree = await history.writeTree(forged);
  const commit = await history.writeCommit({ tree, parents: [], message: head.message });
  await expect(read(commit)).rejects.toMatchObject({ code: 'MERGE_RECORD_INVALID' });
});
