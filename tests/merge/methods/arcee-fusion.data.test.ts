import { expect, test } from 'vitest';
import { decodeElements } from '../../testkit/float-elements.ts';
import { goldenCases, goldenMerge, goldenTensor, ulp } from '../../testkit/golden/golden-merges.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';

const cases = goldenCases().filter(({ method }) => method === 'arcee_fusion');

/** An element's distance to what mergekit made of it, in units of the tolerance. */
async function distances(golden: (typeof cases)[number], name: string): Promise<readonly number[]> {
  const merged = decodeElements(golden.dtype, await mergeInMemory(goldenMerge(golden, name, 'mgit')));
  const expected = decodeElements(golden.outputDtype, goldenTensor(golden.outputFile, name).bytes);
  return expected.map(
    (value, i) => Math.abs((merged[i] ?? Number.NaN) - value) / (4 * ulp(golden.dtype, value)),
  );
}

test.each(cases.filter(({ dtype }) => dtype === 'F32'))(
  '$id: mergekit chooses the same of 96 in 100 elements, although it sums divergences in float32',
  async golden => {
    const all = (await Promise.all(golden.tensors.map(name => distances(golden, name)))).flat();
    expect(all.filter(distance => distance <= 1).length / all.length).toBeGreaterThan(0.96);
  },
);

test.each(cases)('$id: every element is that of a model, rounded by no one', async golden => {
  for (const name of golden.tensors) {
    const merge = goldenMerge(golden, name, 'mgit');
    const merged = decodeElements(golden.dtype, await mergeInMemory(merge));
    const [first = [], second = []] = merge.models.map(model => decodeElements(golden.dtype, model));
    expect(merged.filter((value, i) => value !== first[i] && value !== second[i])).toEqual([]);
  }
});
