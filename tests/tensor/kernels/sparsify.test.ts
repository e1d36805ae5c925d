import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import type { Floats } from '../../../src/tensor/kernels/reference/merge.ts';
import * as reference from '../../../src/tensor/kernels/reference/sparsify.ts';

const { exports, borrow } = await loadKernels();

const TYPES = {
  f32: {
    make: (values: readonly number[]): Floats => Float32Array.from(values),
    keepRanked: exports.keepRankedF32,
    keepAbove: exports.keepAboveF32,
    keepAgreeing: exports.keepAgreeingF32,
    markNonZero: exports.markNonZeroF32,
    signs: exports.signsF32,
    divideWhereNonZero: exports.divideWhereNonZeroF32,
    sumMagnitudes: exports.sumMagnitudesF32,
  },
  f64: {
    make: (values: readonly number[]): Floats => Float64Array.from(values),
    keepRanked: exports.keepRankedF64,
    keepAbove: exports.keepAboveF64,
    keepAgreeing: exports.keepAgreeingF64,
    markNonZero: exports.markNonZeroF64,
    signs: exports.signsF64,
    divideWhereNonZero: exports.divideWhereNonZeroF64,
    sumMagnitudes: exports.sumMagnitudesF64,
  },
} as const;

const element = fc.oneof(fc.constantFrom(0, 1, -1, 2, -2), fc.double({ min: -3, max: 3, noNaN: true }));
const pairs = fc
  .integer({ min: 0, max: 30 })
  .chain(length =>
    fc.tuple(...[1, 2].map(() => fc.array(element, { minLength: length, maxLength: length }))),
  );

function placed(values: Floats) {
  const region = borrow(Math.max(8, values.byteLength));
  region.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return region;
}

/** Zeros may have either sign. */
function numbersIn(region: ReturnType<typeof placed>, like: Floats): number[] {
  const { buffer, byteOffset } = region.bytes;
  const floats =
    like instanceof Float32Array
      ? new Float32Array(buffer, byteOffset, like.length)
      : new Float64Array(buffer, byteOffset, like.length);
  return Array.from(floats, value => value + 0);
}

const plain = (values: Floats): number[] => Array.from(values, value => value + 0);

test.each(Object.entries(TYPES))('%s: elements are kept by rank as in the reference', (_, type) => {
  const state = fc.record({
    low: fc.constantFrom(0, 1),
    high: fc.constantFrom(1, 2, Infinity),
    kept: fc.nat(6),
    skipped: fc.nat(6),
  });
  fc.assert(
    fc.property(pairs, state, ([first = [], second = []], borders) => {
      const expected = { ...borders, seenLow: 0, seenHigh: 0 };
      using memory = placed(Float64Array.of(borders.low, borders.high, borders.kept, borders.skipped, 0, 0));
      for (const values of [type.make(first), type.make(second)]) {
        using target = placed(values);
        type.keepRanked(target.pointer, values.length, memory.pointer);
        reference.keepRanked(values, expected);
        expect(numbersIn(target, values)).toEqual(plain(values));
      }
      expect(numbersIn(memory, new Float64Array(6)).slice(4)).toEqual([expected.seenLow, expected.seenHigh]);
    }),
  );
});

test.each(Object.entries(TYPES))('%s: signs, votes and quotients are those of the reference', (_, type) => {
  fc.assert(
    fc.property(pairs, ([a = [], b = []]) => {
      const other = type.make(b);
      using source = placed(other);
      const compare = (kernel: (target: number) => void, expected: (target: Floats) => void): void => {
        const values = type.make(a);
        using target = placed(values);
        kernel(target.pointer);
        expected(values);
        expect(numbersIn(target, values)).toEqual(plain(values));
      };
      compare(
        target => type.keepAbove(target, a.length, 1),
        target => reference.keepAbove(target, 1),
      );
      compare(
        target => type.keepAgreeing(target, source.pointer, a.length),
        target => reference.keepAgreeing(target, other),
      );
      compare(
        target => type.markNonZero(target, source.pointer, a.length, 0.5),
        target => reference.markNonZero(target, other, 0.5),
      );
      compare(
        target => type.signs(target, source.pointer, a.length),
        target => reference.signs(target, other),
      );
      compare(
        target => type.divideWhereNonZero(target, source.pointer, a.length),
        target => reference.divideWhereNonZero(target, other),
      );
      expect(type.sumMagnitudes(source.pointer, b.length)).toBe(reference.sumMagnitudes(other));
    }),
  );
});
