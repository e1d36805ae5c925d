import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MethodTask } from '../../src/merge/method.ts';
import { surveyTensor } from '../../src/merge/survey.ts';
import { encodeElements } from '../testkit/float-elements.ts';

function taskOf(versions: readonly (readonly number[])[], sliceElements = 4096): MethodTask {
  const [base, ...models] = versions.map(values => {
    const bytes = encodeElements('F32', values);
    return {
      dtype: 'F32' as const,
      length: bytes.length,
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
  });
  return { dtype: 'F32', shape: [versions[0]?.length ?? 0], base, models, parameters: {}, sliceElements };
}

test('norms, cosine and sign conflicts of known task vectors', async () => {
  const survey = await surveyTensor(
    taskOf([
      [1, 1, 1, 1],
      [4, 5, 1, 1],
      [1, 2, 3, 1],
      [-2, 1, 1, 1],
    ]),
  );
  expect(survey.norms).toEqual([5, Math.sqrt(5), 3]);
  expect(survey.pairs[0]?.cosine).toBeCloseTo(4 / (5 * Math.sqrt(5)), 14);
  expect(survey.pairs[0]?.signConflicts).toBe(0);
  expect(survey.pairs[1]).toEqual({ cosine: -0.6, signConflicts: 1 });
});

test('models that did not move have no direction', async () => {
  const survey = await surveyTensor(
    taskOf([
      [1, 2],
      [1, 2],
      [3, 4],
    ]),
  );
  expect(survey.pairs).toEqual([{ cosine: null, signConflicts: null }]);
});

test('NaN and infinity are counted in each version', async () => {
  const survey = await surveyTensor(
    taskOf([
      [1, Infinity],
      [Number.NaN, -Infinity],
      [1, 2],
    ]),
  );
  expect(survey.nonFinite).toEqual({ models: [2, 0], base: 1 });
});

test('slices of any size give the same bits', async () => {
  const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 9001, maxLength: 9001 });
  await fc.assert(
    fc.asyncProperty(vector, vector, vector, async (base, left, right) => {
      const small = await surveyTensor(taskOf([base, left, right], 1));
      expect(await surveyTensor(taskOf([base, left, right], 100_000))).toEqual(small);
    }),
    { numRuns: 5 },
  );
});
