import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ComputingMethod } from '../../../src/merge/method.ts';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { completeParameters } from '../../../src/merge/parameters.ts';
import { elementCount } from '../../../src/tensor/dtype.ts';
import {
  decodeElements,
  encodeElements,
  type FloatDtype,
  mantissaBits,
} from '../../testkit/float-elements.ts';
import { REFERENCES } from '../../testkit/merge-references/registry.ts';
import { madeUpStatistics, mergeInMemory, type TensorMerge } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const DTYPES: readonly FloatDtype[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];
const COMPUTING = METHODS.filter((method): method is ComputingMethod => method.kind === 'compute');

/** Half a unit in the last place relative to a number of normal size, and the spacing of the subnormal ones. */
function precision(dtype: FloatDtype): { readonly relative: number; readonly absolute: number } {
  if (dtype === 'F64') return { relative: 2 ** -50, absolute: 2 ** -1070 };
  if (dtype === 'F32') return { relative: 2 ** -20, absolute: 2 ** -145 };
  const bits = mantissaBits(dtype);
  const lowest = { F16: -14, BF16: -126, F8_E4M3: -6, F8_E5M2: -14, F8_E4M3FNUZ: -7, F8_E5M2FNUZ: -15 }[
    dtype
  ];
  return { relative: 2 ** -(bits + 1), absolute: 2 ** (lowest - bits) };
}

/** The largest numbers of dtypes that results of small elements can leave. */
const LARGEST: Readonly<Record<FloatDtype, number>> = {
  F64: Number.MAX_VALUE,
  F32: 2 ** 127,
  BF16: 2 ** 127,
  F16: 65_504,
  F8_E4M3: 448,
  F8_E5M2: 57_344,
  F8_E4M3FNUZ: 240,
  F8_E5M2FNUZ: 57_344,
};

/** A merge of tensors of up to three dimensions, small enough for fast-check to explore; elements are of one order, since lengths that differ widely have no exact angle. */
function smallMerge(method: ComputingMethod): fc.Arbitrary<TensorMerge & { readonly dtype: FloatDtype }> {
  const { minimum, maximum } = method.models;
  return fc
    .record({
      dtype: fc.constantFrom(...DTYPES),
      shape: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
      models: fc.integer({ min: minimum, max: Math.min(6, maximum) }),
    })
    .chain(({ dtype, shape, models }) => {
      const length = elementCount(shape);
      const vector = fc
        .array(fc.integer({ min: -2000, max: 2000 }), { minLength: length, maxLength: length })
        .map(values =>
          encodeElements(
            dtype,
            values.map(value => value / 1000),
          ),
        );
      return fc.record({
        method: fc.constant(method.name),
        dtype: fc.constant(dtype),
        shape: fc.constant(shape),
        base: vector,
        models: fc.array(vector, { minLength: models, maxLength: models }),
        parameters: (REFERENCES[method.name] as (typeof REFERENCES)[string]).parameters(models),
      });
    });
}

/** Compares a merge with float64 arithmetic on the same inputs; errors may grow with the magnitudes of what is added. */
async function expectAgreement(method: ComputingMethod, merge: TensorMerge & { readonly dtype: FloatDtype }) {
  const { dtype, shape, models, base = new Uint8Array() } = merge;
  const wanted = REFERENCES[method.name]?.reference({
    shape,
    base: decodeElements(dtype, base),
    models: models.map(model => decodeElements(dtype, model)),
    parameters: completeParameters(method, merge.parameters ?? {}, models.length),
    statistics: (madeUpStatistics(method, shape, models.length) ?? []).map(bytes =>
      decodeElements('F32', bytes),
    ),
  });
  const { relative, absolute } = precision(dtype);
  const single = dtype === 'F64' ? 2 ** -46 : 2 ** -20;
  for (const [i, got] of decodeElements(dtype, await mergeInMemory(merge)).entries()) {
    const { value = Number.NaN, magnitude = 0 } = wanted?.[i] ?? {};
    const isTooLarge = Math.abs(value) + magnitude * single > LARGEST[dtype];
    if (isTooLarge && !Number.isFinite(got)) continue;
    const limit = Math.abs(value) * relative * 1.01 + magnitude * single + absolute;
    expect(Math.abs(got - value), `element ${i}: ${got}, not ${value}`).toBeLessThanOrEqual(limit);
  }
}

/** Parameters that make a method work, where its defaults leave it little to do. */
const SPARSE = { density: 0.5, select_topk: 0.5 };

/** A merge of tensors of several blocks. */
function largeMerge(method: ComputingMethod, shape: readonly number[]): TensorMerge {
  const tensor = (seed: number): Uint8Array =>
    encodeElements('BF16', plainNumbers(elementCount(shape), seed));
  const count = Math.min(3, method.models.maximum);
  const names = method.parameters.map(({ name }) => name);
  return {
    method: method.name,
    dtype: 'BF16',
    shape,
    base: tensor(1),
    models: Array.from({ length: count }, (_, model) => tensor(model + 2)),
    parameters: Object.fromEntries(Object.entries(SPARSE).filter(([name]) => names.includes(name))),
  };
}

/** Both numerics, where a method has the choice. */
function numericsOf({ parameters }: ComputingMethod): readonly { readonly numerics?: string }[] {
  const choices = parameters.find(({ name }) => name === 'numerics')?.choices;
  return choices?.map(numerics => ({ numerics })) ?? [{}];
}

test('every method that calculates has a reference', () => {
  expect(Object.keys(REFERENCES).sort()).toEqual(COMPUTING.map(({ name }) => name).sort());
});

describe.each(COMPUTING)('$name', method => {
  test('agrees with float64 arithmetic', async () => {
    await fc.assert(
      fc.asyncProperty(smallMerge(method), merge => expectAgreement(method, merge)),
      { numRuns: 60 },
    );
  });

  test('gives the same bits for slices of any size', async () => {
    await fc.assert(
      fc.asyncProperty(smallMerge(method), fc.integer({ min: 1, max: 40 }), async (merge, sliceElements) => {
        for (const numerics of numericsOf(method)) {
          const parameters = { ...merge.parameters, ...numerics };
          const whole = await mergeInMemory({ ...merge, parameters });
          expect(await mergeInMemory({ ...merge, parameters, sliceElements })).toEqual(whole);
        }
      }),
      { numRuns: 20 },
    );
    const wide = method.statistics?.kind === 'gram' ? [3, 90] : [3, 9001];
    for (const shape of [wide, [4099, 5], [20_003]]) {
      const merge = largeMerge(method, shape);
      const whole = await mergeInMemory({ ...merge, sliceElements: 30_000 });
      for (const sliceElements of [777, 4096, 9001])
        expect(await mergeInMemory({ ...merge, sliceElements })).toEqual(whole);
    }
  });

  test('merges an empty tensor to nothing', async () => {
    expect(await mergeInMemory(largeMerge(method, [0, 3]))).toHaveLength(0);
  });

  test('says when to use it, and checks how many models it gets', () => {
    expect(method.whenToUse).toMatch(/^[^.]{20,110}$/);
    expect(() => completeParameters(method, {}, method.models.minimum - 1)).toThrow(/cannot merge/);
  });
});
