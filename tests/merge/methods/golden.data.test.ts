import { describe, expect, test } from 'vitest';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { elementCount } from '../../../src/tensor/dtype.ts';
import { decodeElements } from '../../testkit/float-elements.ts';
import {
  type GoldenCase,
  goldenCases,
  goldenMerge,
  goldenTensor,
  ulp,
} from '../../testkit/golden/golden-merges.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';

/** Methods of the golden vectors that do not run here, with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {
  dare_linear: 'not among the methods yet',
  dare_ties: 'not among the methods yet',
  della: 'not among the methods yet',
  della_linear: 'not among the methods yet',
  sce: 'not among the methods yet',
  ram: 'not among the methods yet',
  ramplus_tl: 'not among the methods yet',
};

/** Methods with a test of their own, with the reason. */
const RUN_APART: Readonly<Record<string, string>> = {
  arcee_fusion: 'which elements it takes follows from rounding in the dtype: arcee-fusion.data.test.ts',
};

const cases = goldenCases();
const run = cases.filter(({ method }) => NOT_RUN[method] === undefined && RUN_APART[method] === undefined);

test('every case runs, or its method is named with the reason', () => {
  const registered = METHODS.map(({ name }) => name);
  expect(cases).toHaveLength(213);
  expect(run.filter(({ method }) => !registered.includes(method))).toEqual([]);
  expect(registered.filter(name => NOT_RUN[name] !== undefined)).toEqual([]);
});

/** Whether mergekit drops a model's whole change, since gamma of its elements is less than one: only `numerics: mergekit` does. */
function losesAllForNoOutlier({ dtype, parameters, models }: GoldenCase, name: string): boolean {
  const { density, gamma } = parameters as Record<string, Record<string, number> | undefined>;
  const elements = elementCount(goldenTensor(`inputs/${dtype}/base.safetensors`, name).shape);
  const isLost = (share: number, outliers: number): boolean =>
    Math.min(Math.trunc(outliers * elements), elements - Math.trunc(share * elements)) === 0;
  return models.some(model => gamma !== undefined && isLost(density?.[model] ?? 1, gamma[model] ?? 0));
}

/** Fails unless a merge stays within four times the reference's own difference to exact arithmetic, or four ulp. */
async function expectClose(golden: GoldenCase, name: string, numerics: string): Promise<void> {
  const merged = decodeElements(golden.dtype, await mergeInMemory(goldenMerge(golden, name, numerics)));
  const expected = decodeElements(golden.outputDtype, goldenTensor(golden.outputFile, name).bytes);
  const allowed = 4 * (golden.perTensor[name]?.maxAbsDiff ?? 0);
  expect(merged.length, name).toBe(expected.length);
  const far = expected.flatMap((value, i) => {
    const got = merged[i] ?? Number.NaN;
    // F16 cannot hold the smallest lengths of mergekit, which then divides zero by zero.
    if (Number.isNaN(value) && Number.isFinite(got)) return [];
    return Math.abs(got - value) <= Math.max(allowed, 4 * ulp(golden.dtype, value))
      ? []
      : [{ i, got, value }];
  });
  expect(far, `${name}: ${far.length} of ${merged.length} differ`).toEqual([]);
}

describe.each(run)('$id', golden => {
  if (golden.exact || golden.exactWithLaneOrder)
    test('numerics: mergekit gives the same bits', async () => {
      for (const name of golden.tensors) {
        const merged = await mergeInMemory(goldenMerge(golden, name, 'mergekit'));
        expect(Buffer.compare(merged, goldenTensor(golden.outputFile, name).bytes), name).toBe(0);
      }
    });
  else
    test('numerics: mergekit is as close as exact arithmetic is', async () => {
      for (const name of golden.tensors) await expectClose(golden, name, 'mergekit');
    });

  test('the default is as close as exact arithmetic is', async () => {
    for (const name of golden.tensors)
      if (!losesAllForNoOutlier(golden, name)) await expectClose(golden, name, 'mgit');
  });
});
