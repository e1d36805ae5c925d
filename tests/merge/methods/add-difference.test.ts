import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeElements,
  encodeElements,
  type FloatDtype,
  mantissaBits,
} from '../../testkit/float-elements.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';

const DTYPES: readonly FloatDtype[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];

interface Example {
  readonly dtype: FloatDtype;
  readonly base: readonly number[];
  readonly models: readonly (readonly number[])[];
  readonly scale: number;
}

const example: fc.Arbitrary<Example> = fc
  .record({ dtype: fc.constantFrom(...DTYPES), length: fc.nat(70), models: fc.integer({ min: 2, max: 4 }) })
  .chain(({ dtype, length, models }) => {
    const vector = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
    return fc.record({
      dtype: fc.constant(dtype),
      base: vector,
      models: fc.array(vector, { minLength: models, maxLength: models }),
      scale: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
    });
  });

function merge({ dtype, base, models, scale }: Example, sliceElements = 1000): Promise<Uint8Array> {
  return mergeInMemory({
    method: 'add_difference',
    dtype,
    shape: [base.length],
    base: encodeElements(dtype, base),
    models: models.map(model => encodeElements(dtype, model)),
    parameters: { scale },
    sliceElements,
  });
}

/** How far a result may be from the exact one: one rounding to the dtype, and float32 sums (float64 for F64) of these magnitudes. */
function tolerance(dtype: FloatDtype, value: number, magnitude: number): number {
  if (dtype === 'F64') return magnitude * 2 ** -50;
  const lowest = { F32: -126, F16: -14, BF16: -126, F8_E4M3: -6, F8_E5M2: -14 }[dtype];
  const bits = mantissaBits(dtype);
  return Math.abs(value) * 2 ** -(bits + 1) * 1.01 + magnitude * 2 ** -20 + 2 ** (lowest - bits);
}

test('it agrees with float64 arithmetic', async () => {
  await fc.assert(
    fc.asyncProperty(example, async given => {
      const { dtype, scale } = given;
      const stored = (values: readonly number[]) => decodeElements(dtype, encodeElements(dtype, values));
      const base = stored(given.base);
      const [ours = [], ...others] = given.models.map(stored);
      const got = decodeElements(dtype, await merge(given));
      for (const [i, start] of ours.entries()) {
        const changes = others.map(model => scale * ((model[i] ?? 0) - (base[i] ?? 0)));
        const exact = changes.reduce((sum, change) => sum + change, start);
        const magnitude = Math.abs(start) + changes.reduce((sum, change) => sum + Math.abs(change), 0);
        expect(Math.abs((got[i] ?? Number.NaN) - exact)).toBeLessThanOrEqual(
          tolerance(dtype, exact, magnitude),
        );
      }
    }),
    { numRuns: 80 },
  );
});

test('slices of any size give the same bits', async () => {
  await fc.assert(
    fc.asyncProperty(example, fc.integer({ min: 1, max: 40 }), async (given, size) => {
      expect(await merge(given, size)).toEqual(await merge(given));
    }),
    { numRuns: 30 },
  );
});
