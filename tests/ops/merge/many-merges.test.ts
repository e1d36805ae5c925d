import { expect, test } from 'vitest';
import { verifyCommit } from '../../../src/ops/maintenance/verify-commit.ts';
import { mergeRevisions } from '../../../src/ops/merge/merge.ts';
import { pickCommits } from '../../../src/ops/replay/pick.ts';
import { CHAIN_LIMITS } from '../../../src/store/packs/limits.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';

/** Twice as many as records may stand on each other. */
const CONTRIBUTIONS = 2 * CHAIN_LIMITS.depth + 2;
const NAMES = Array.from({ length: CONTRIBUTIONS }, (_, at) => `contribution-${at}`);

/** Branches that all changed the same tensor since the base, as `main` did, too. */
async function contributed(): Promise<MergeRepository> {
  const world = await mergeRepository();
  await world.commit({ 'model.safetensors': { w: [0, 0] } });
  for (const [at, name] of NAMES.entries()) {
    await world.switch('main');
    await world.switch(name, true);
    await world.commit({ 'model.safetensors': { w: [at + 1, 2 ** at] } });
  }
  await world.switch('main');
  await world.commit({ 'model.safetensors': { w: [1000, 1000] } });
  return world;
}

async function expectVerified({ repository }: MergeRepository): Promise<number> {
  const { failures, recomputed } = await verifyCommit(repository, 'HEAD');
  expect(failures).toEqual([]);
  return recomputed;
}

test('any number of merges on top of each other: where recipes would stand on too many others, a result is stored as it is', async () => {
  await using world = await contributed();
  const recomputed: number[] = [];
  let expected = [1000, 1000];
  for (const [at, name] of NAMES.entries()) {
    await mergeRevisions(world.repository, { revisions: [name] });
    expected = [(expected[0] ?? 0) / 2 + (at + 1) / 2, (expected[1] ?? 0) / 2 + 2 ** at / 2].map(Math.fround);
    expect(await world.values('model.safetensors')).toEqual({ w: expected });
    recomputed.push(await expectVerified(world));
  }
  const stored = recomputed.flatMap((count, at) => (count === 0 ? [at] : []));
  expect(stored).toEqual([CHAIN_LIMITS.depth, 2 * CHAIN_LIMITS.depth + 1]);
});

test('any number of picked commits', async () => {
  await using world = await contributed();
  await pickCommits(world.repository, 'cherry-pick', { revisions: NAMES });
  const sum = NAMES.reduce(([x = 0, y = 0], _, at) => [x + at + 1, y + 2 ** at], [1000, 1000]);
  expect(await world.values('model.safetensors')).toEqual({ w: sum });
  await expectVerified(world);
});
