import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_ELEMENTS, openSurvey, type TensorSurvey } from '../../src/merge/survey.ts';
import { encodeElements } from '../testkit/float-elements.ts';

/** Measures a base and models, given in portions of whole blocks. */
async function surveyOf(
  versions: readonly (readonly number[])[],
  portion = BLOCK_ELEMENTS,
): Promise<TensorSurvey> {
  const [base = new Uint8Array(), ...models] = versions.map(values => encodeElements('F32', values));
  using survey = await openSurvey({ dtype: 'F32', models: models.length, hasBase: true });
  for (let at = 0; at < base.length; at += portion * 4)
    survey.add([...models, base].map(bytes => bytes.subarray(at, at + portion * 4)));
  return survey.result();
}

test('norms, cosine and sign conflicts of known task vectors', async () => {
  const survey = await surveyOf([
    [1, 1, 1, 1],
    [4, 5, 1, 1],
    [1, 2, 3, 1],
    [-2, 1, 1, 1],
  ]);
  expect(survey.norms).toEqual([5, Math.sqrt(5), 3]);
  expect(survey.pairs[0]?.cosine).toBeCloseTo(4 / (5 * Math.sqrt(5)), 14);
  expect(survey.pairs[0]?.signConflicts).toBe(0);
  expect(survey.pairs[1]).toEqual({ cosine: -0.6, signConflicts: 1 });
});

test('models that did not move have no direction', async () => {
  const survey = await surveyOf([
    [1, 2],
    [1, 2],
    [3, 4],
  ]);
  expect(survey.pairs).toEqual([{ cosine: null, signConflicts: null }]);
});

test('NaN and infinity are counted in each version', async () => {
  const survey = await surveyOf([
    [1, Infinity],
    [Number.NaN, -Infinity],
    [1, 2],
  ]);
  expect(survey.nonFinite).toEqual({ models: [2, 0], base: 1 });
});

test('portions of any size give the same bits', async () => {
  const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 9001, maxLength: 9001 });
  await fc.assert(
    fc.asyncProperty(vector, vector, vector, async (base, left, right) => {
      const small = await surveyOf([base, left, right]);
      expect(await surveyOf([base, left, right], 2 * BLOCK_ELEMENTS)).toEqual(small);
      expect(await surveyOf([base, left, right], 100 * BLOCK_ELEMENTS)).toEqual(small);
    }),
    { numRuns: 5 },
  );
});
