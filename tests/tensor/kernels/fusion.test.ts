import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import * as reference from '../../../src/tensor/kernels/reference/fusion.ts';
import type { Floats } from '../../../src/tensor/kernels/reference/merge.ts';

const { exports, borrow } = await loadKernels();

const TYPES = {
  f32: {
    make: (values: readonly number[]): Floats => Float32Array.from(values),
    largest: exports.largestF32,
    sumExponentials: exports.sumExponentialsF32,
    sumDivergence: exports.sumDivergenceF32,
    chooseAtLeast: exports.chooseAtLeastF32,
  },
  f64: {
    make: (values: readonly number[]): Floats => Float64Array.from(values),
    largest: exports.largestF64,
    sumExponentials: exports.sumExponentialsF64,
    sumDivergence: exports.sumDivergenceF64,
    chooseAtLeast: exports.chooseAtLeastF64,
  },
} as const;

const weight = fc.oneof(
  fc.double({ min: -3, max: 3, noNaN: true }),
  fc.double({ min: -900, max: 3, noNaN: true }),
);
const rows = fc
  .integer({ min: 1, max: 30 })
  .chain(length =>
    fc.tuple(...[1, 2, 3].map(() => fc.array(weight, { minLength: length, maxLength: length }))),
  );

function placed(values: Floats) {
  const region = borrow(values.byteLength);
  region.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return region;
}

test.each(Object.entries(TYPES))('%s: measures and choices are bit-identical to the reference', (_, type) => {
  fc.assert(
    fc.property(rows, ([a = [], b = [], c = []]) => {
      const [left, right, scores] = [type.make(a), type.make(b), type.make(c)];
      using first = placed(left);
      using second = placed(right);
      using third = placed(scores);
      const scaleOf = (values: Floats, pointer: number): reference.RowScale => {
        const shift = type.largest(pointer, values.length, -Infinity);
        expect(shift).toBe(Math.max(...values));
        const sum = type.sumExponentials(pointer, values.length, shift);
        expect(sum).toBe(reference.sumExponentials(values, shift));
        return { shift, sum };
      };
      const [p, q] = [scaleOf(left, first.pointer), scaleOf(right, second.pointer)];
      expect(
        type.sumDivergence(first.pointer, second.pointer, left.length, p.shift, p.sum, q.shift, q.sum, 1e-8),
      ).toBe(reference.sumDivergence([left, right], [p, q], 1e-8));
      type.chooseAtLeast(first.pointer, second.pointer, third.pointer, left.length, -1);
      reference.chooseAtLeast(left, [right, scores], -1);
      expect(Buffer.compare(first.bytes, new Uint8Array(left.buffer))).toBe(0);
    }),
  );
});
