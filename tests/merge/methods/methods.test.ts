import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dtype } from '../../../src/tensor/dtype.ts';
import {
  decodeElements as decode,
  encodeElements as encode,
  type FloatDtype,
  mantissaBits,
} from '../../testkit/float-elements.ts';
import { mergeInMemory, type TensorMerge } from '../../testkit/merge-task.ts';

const DTYPES: readonly FloatDtype[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];

/** Half a unit in the last place relative to a number of normal size, and the spacing of the subnormal ones. */
function precision(dtype: FloatDtype): { readonly relative: number; readonly absolute: number } {
  if (dtype === 'F64') return { relative: 2 ** -50, absolute: 2 ** -1070 };
  if (dtype === 'F32') return { relative: 2 ** -20, absolute: 2 ** -145 };
  const bits = mantissaBits(dtype);
  const lowest = { F16: -14, BF16: -126, F8_E4M3: -6, F8_E5M2: -14 }[dtype];
  return { relative: 2 ** -(bits + 1), absolute: 2 ** (lowest - bits) };
}

interface Case {
  readonly dtype: FloatDtype;
  readonly base: readonly number[];
  readonly models: readonly (readonly number[])[];
  readonly weight: readonly number[];
}

const caseOf: fc.Arbitrary<Case> = fc
  .record({ dtype: fc.constantFrom(...DTYPES), length: fc.nat(70), models: fc.integer({ min: 1, max: 6 }) })
  .chain(({ dtype, length, models }) => {
    const vector = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
    return fc.record({
      dtype: fc.constant(dtype),
      base: vector,
      models: fc.array(vector, { minLength: models, maxLength: models }),
      weight: fc.array(fc.double({ min: 0.1, max: 1.5, noNaN: true }), {
        minLength: models,
        maxLength: models,
      }),
    });
  });

function mergeOf(
  method: string,
  example: Case,
  parameters: Record<string, number | boolean> = {},
): TensorMerge {
  const { dtype } = example;
  return {
    method,
    dtype,
    shape: [example.base.length],
    base: encode(dtype, example.base),
    models: example.models.map(model => encode(dtype, model)),
    parameters: { weight: example.weight, ...parameters },
  };
}

/** Compares a merge with float64 arithmetic on the same inputs; errors may grow with the sum of magnitudes. */
async function agrees(
  example: Case,
  merge: TensorMerge,
  exact: (base: number, models: readonly number[]) => { readonly value: number; readonly magnitude: number },
): Promise<void> {
  const { dtype } = example;
  const got = decode(dtype, await mergeInMemory(merge));
  const base = decode(dtype, encode(dtype, example.base));
  const models = example.models.map(model => decode(dtype, encode(dtype, model)));
  const { relative, absolute } = precision(dtype);
  for (const [i, value] of got.entries()) {
    const { value: wanted, magnitude } = exact(
      base[i] ?? 0,
      models.map(model => model[i] ?? 0),
    );
    const single = dtype === 'F64' ? 2 ** -50 : 2 ** -20;
    const limit = Math.abs(wanted) * relative * 1.01 + magnitude * single + absolute;
    expect(Math.abs(value - wanted)).toBeLessThanOrEqual(limit);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('linear agrees with float64 arithmetic', async () => {
  await fc.assert(
    fc.asyncProperty(caseOf, fc.boolean(), async (example, normalize) => {
      const divisor = normalize ? sum(example.weight) : 1;
      await agrees(example, mergeOf('linear', example, { normalize }), (_, models) => {
        const terms = models.map((value, i) => (value * (example.weight[i] ?? 0)) / divisor);
        return { value: sum(terms), magnitude: sum(terms.map(Math.abs)) };
      });
    }),
    { numRuns: 60 },
  );
});

test('task_arithmetic agrees with float64 arithmetic', async () => {
  const lambda = fc.double({ min: -1, max: 1.5, noNaN: true });
  await fc.assert(
    fc.asyncProperty(caseOf, lambda, fc.boolean(), async (example, factor, normalize) => {
      const divisor = normalize ? sum(example.weight) : 1;
      const merge = mergeOf('task_arithmetic', example, { lambda: factor, normalize });
      await agrees(example, merge, (base, models) => {
        const terms = models.map(
          (value, i) => (factor * (value - base) * (example.weight[i] ?? 0)) / divisor,
        );
        return { value: base + sum(terms), magnitude: Math.abs(base) + sum(terms.map(Math.abs)) };
      });
    }),
    { numRuns: 60 },
  );
});

test('slices of any size give the same bits, in both numerics', async () => {
  const methods = fc.constantFrom('linear', 'task_arithmetic');
  await fc.assert(
    fc.asyncProperty(
      caseOf,
      methods,
      fc.integer({ min: 1, max: 40 }),
      async (example, method, sliceElements) => {
        for (const numerics of ['mgit', 'mergekit']) {
          const merge = mergeOf(method, example);
          const parameters = { ...merge.parameters, numerics };
          const whole = await mergeInMemory({ ...merge, parameters });
          expect(await mergeInMemory({ ...merge, parameters, sliceElements })).toEqual(whole);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('equal models stay what they are under equal weights', async () => {
  const values = [0, -0, 1.5, -3.25, 2 ** -140, 3e38];
  const bytes = encode('F32', values);
  const merged = await mergeInMemory({ method: 'linear', dtype: 'F32', shape: [6], models: [bytes, bytes] });
  expect(new Uint8Array(merged)).toEqual(bytes);
});

test('an overflow becomes infinity, and what is no number becomes the canonical NaN', async () => {
  const merge = (models: readonly Uint8Array[], weight: number[]) =>
    mergeInMemory({
      method: 'linear',
      dtype: 'F32',
      shape: [1],
      models,
      parameters: { weight, normalize: false },
    });
  const large = encode('F32', [3e38]);
  expect(decode('F32', await merge([large, large], [1, 1]))).toEqual([Infinity]);
  const nan = Buffer.from(await merge([large, large], [3, -3])).readUInt32LE();
  expect(nan.toString(16)).toBe('7fc00000');
});

test('weights that cancel out are refused where they divide', async () => {
  const models = [encode('F32', [1]), encode('F32', [2])];
  const merge = { dtype: 'F32' as Dtype, shape: [1], models, parameters: { weight: [1, -1] } };
  await expect(mergeInMemory({ ...merge, method: 'linear' })).rejects.toMatchObject({
    code: 'MERGE_PARAMETER_INVALID',
  });
});

test('an empty tensor merges to nothing', async () => {
  const models = [new Uint8Array(), new Uint8Array()];
  expect(await mergeInMemory({ method: 'linear', dtype: 'BF16', shape: [0, 3], models })).toHaveLength(0);
});
