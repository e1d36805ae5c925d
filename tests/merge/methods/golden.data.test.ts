import { describe, expect, test } from 'vitest';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { elementCount } from '../../../src/tensor/dtype.ts';
import { expectClose, expectSameBits } from '../../testkit/golden/golden-expectations.ts';
import {
  type GoldenCase,
  goldenCases,
  goldenMerge,
  goldenTensor,
} from '../../testkit/golden/golden-merges.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';

/** Methods with a test of their own, with the reason. */
const RUN_APART: Readonly<Record<string, string>> = {
  arcee_fusion: 'which elements it takes follows from rounding in the dtype: arcee-fusion.data.test.ts',
  dare_linear: 'which elements it takes is random: random-masks.data.test.ts',
  dare_ties: 'as dare_linear',
  della_linear: 'as dare_linear',
  della: 'as dare_linear',
};

const cases = goldenCases();
const run = cases.filter(({ method }) => RUN_APART[method] === undefined);

test('every case runs, here or in a test of its own', () => {
  const registered = METHODS.map(({ name }) => name);
  expect(cases).toHaveLength(213);
  expect(run.filter(({ method }) => !registered.includes(method))).toEqual([]);
  expect(Object.keys(RUN_APART).filter(name => !registered.includes(name))).toEqual([]);
});

/** Whether mergekit drops a model's whole change, since gamma of its elements is less than one: only `numerics: mergekit` does. */
function losesAllForNoOutlier({ dtype, parameters, models }: GoldenCase, name: string): boolean {
  const { density, gamma } = parameters as Record<string, Record<string, number> | undefined>;
  const elements = elementCount(goldenTensor(`inputs/${dtype}/base.safetensors`, name).shape);
  const isLost = (share: number, outliers: number): boolean =>
    Math.min(Math.trunc(outliers * elements), elements - Math.trunc(share * elements)) === 0;
  return models.some(model => gamma !== undefined && isLost(density?.[model] ?? 1, gamma[model] ?? 0));
}

describe.each(run)('$id', golden => {
  if (golden.exact || golden.exactWithLaneOrder)
    test('numerics: mergekit gives the same bits', async () => {
      for (const name of golden.tensors) {
        const merged = await mergeInMemory(goldenMerge(golden, name, 'mergekit'));
        expectSameBits(golden, name, merged);
      }
    });
  else
    test('numerics: mergekit is as close as exact arithmetic is', async () => {
      for (const name of golden.tensors)
        expectClose(golden, name, await mergeInMemory(goldenMerge(golden, name, 'mergekit')));
    });

  test('the default is as close as exact arithmetic is', async () => {
    for (const name of golden.tensors)
      if (!losesAllForNoOutlier(golden, name))
        expectClose(golden, name, await mergeInMemory(goldenMerge(golden, name, 'mgit')));
  });
});
