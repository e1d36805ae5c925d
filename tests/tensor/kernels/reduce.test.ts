import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import type { Floats } from '../../../src/tensor/kernels/reference/merge.ts';
import * as reference from '../../../src/tensor/kernels/reference/reduce.ts';

const { exports, borrow } = await loadKernels();

const TYPES = {
  f32: {
    make: (values: readonly number[]): Floats => Float32Array.from(values),
    sumProducts: exports.sumProductsF32,
    addProducts: exports.addProductsF32,
    histogram: exports.histogramF32,
    digits: 2,
  },
  f64: {
    make: (values: readonly number[]): Floats => Float64Array.from(values),
    sumProducts: exports.sumProductsF64,
    addProducts: exports.addProductsF64,
    histogram: exports.histogramF64,
    digits: 4,
  },
} as const;

const pairs = fc
  .integer({ min: 0, max: 41 })
  .chain(length =>
    fc.tuple(
      ...[1, 2].map(() =>
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: length, maxLength: length }),
      ),
    ),
  );

function placed(values: Floats | Float64Array) {
  const region = borrow(values.byteLength);
  region.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return region;
}

for (const [name, type] of Object.entries(TYPES)) {
  test(`${name}: sums of products are bit-identical to the reference at every length`, () => {
    fc.assert(
      fc.property(pairs, ([a = [], b = []]) => {
        const [left, right] = [type.make(a), type.make(b)];
        using first = placed(left);
        using second = placed(right);
        const got = type.sumProducts(first.pointer, second.pointer, a.length);
        expect(got).toBe(reference.sumProducts(left, right));
      }),
    );
  });

  test(`${name}: products are added to float64 sums`, () => {
    fc.assert(
      fc.property(pairs, ([a = [], b = []]) => {
        const [left, right] = [type.make(a), type.make(b)];
        const sums = Float64Array.from(a, value => value / 3);
        using first = placed(left);
        using second = placed(right);
        using target = placed(sums);
        type.addProducts(target.pointer, first.pointer, second.pointer, a.length);
        reference.addProducts(sums, left, right);
        expect(Buffer.compare(target.bytes, new Uint8Array(sums.buffer))).toBe(0);
      }),
    );
  });

  test(`${name}: digits are counted below a prefix`, () => {
    fc.assert(
      fc.property(pairs, fc.nat(type.digits - 1), ([a = []], digit) => {
        const values = type.make(a.map(value => Math.abs(value)));
        using source = placed(values);
        using counts = borrow(65_536 * 8);
        const heads = Array.from(values, value => headOf(type.make([value]), digit));
        for (const prefix of new Set(heads.slice(0, 3))) {
          counts.bytes.fill(0);
          type.histogram(counts.pointer, source.pointer, values.length, digit, prefix);
          const { buffer, byteOffset } = counts.bytes;
          const low = new Uint32Array(buffer, byteOffset, 2 * 65_536); // Counts are small: their high words are 0.
          const wanted = reference.histogram(values, digit, prefix);
          for (const [bucket, count] of wanted) expect(low[2 * bucket]).toBe(count);
          expect(low.reduce((sum, word) => sum + word, 0)).toBe(heads.filter(head => head === prefix).length);
        }
      }),
      { numRuns: 15 },
    );
  });
}

/** The first `digit` digits of an element. */
function headOf(element: Floats, digit: number): number {
  const bits =
    element instanceof Float32Array
      ? BigInt(new Uint32Array(element.buffer)[0] ?? 0)
      : (new BigUint64Array(element.buffer)[0] ?? 0n);
  return Number(bits >> BigInt(element.BYTES_PER_ELEMENT * 8 - 16 * digit));
}
