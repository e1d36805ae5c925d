import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';
import { addLowRankRowReference, multiplyReference } from '../../src/tensor/kernels/reference/predict.ts';
import { PREDICTED_DTYPES, type Prediction, predict } from '../../src/tensor/prediction.ts';
import { decodeElements, encodeElements } from '../testkit/float-elements.ts';

const kernels = await loadKernels();
const number = fc.oneof(
  { weight: 20, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-42, 3e38, Infinity, -Infinity, NaN) },
);
const numbers = (length: number) =>
  fc.array(number, { minLength: length, maxLength: length }).map(values => Float32Array.from(values));
const bits = (values: Float32Array) => new Uint32Array(values.buffer.slice(0));

function onKernels(inputs: readonly Float32Array[], run: (...pointers: number[]) => void): Float32Array {
  const regions = inputs.map(input => {
    const region = kernels.borrow(input.byteLength);
    region.bytes.set(new Uint8Array(input.buffer, input.byteOffset, input.byteLength));
    return region;
  });
  run(...regions.map(region => region.pointer));
  const result = new Float32Array(regions[0]?.bytes.slice().buffer ?? new ArrayBuffer());
  for (const region of regions) region[Symbol.dispose]();
  return result;
}

/** NaNs of arithmetic have any bits; what leaves the kernels is canonical. */
const comparable = (values: Float32Array) => bits(values.map(value => (Number.isNaN(value) ? NaN : value)));

test('a row of a product is the reference, to the bit', () => {
  const shapes = fc.record({ count: fc.nat(40), stride: fc.nat(9), rank: fc.nat(9), scale: number });
  const row = shapes.chain(({ count, stride, rank, scale }) =>
    fc.record({
      values: numbers(count),
      left: numbers(rank),
      right: numbers(rank * (count + stride)),
      stride: fc.constant(count + stride),
      scale: fc.constant(Math.fround(scale)),
    }),
  );
  fc.assert(
    fc.property(row, ({ values, left, right, stride, scale }) => {
      const result = onKernels([values, left, right], (to, from, factors) =>
        kernels.exports.addLowRankRow(
          to as number,
          from as number,
          factors as number,
          values.length,
          stride,
          left.length,
          scale,
        ),
      );
      addLowRankRowReference(values, { left, right, stride, scale });
      expect(comparable(result)).toEqual(comparable(values));
    }),
  );
});

test('a scaling is the reference, to the bit', () => {
  fc.assert(
    fc.property(
      fc.nat(40).chain(count => fc.tuple(numbers(count), numbers(count))),
      ([values, factors]) => {
        const result = onKernels([values, factors], (to, from) =>
          kernels.exports.multiplyF32(to as number, from as number, values.length),
        );
        multiplyReference(values, factors);
        expect(comparable(result)).toEqual(comparable(values));
      },
    ),
  );
});

describe.each(PREDICTED_DTYPES)('a prediction of %s', dtype => {
  const [rows, columns, rank] = [9, 21, 4];
  const wave = (length: number, step: number) =>
    Float32Array.from({ length }, (_, at) => Math.sin(1 + at * step));
  const base = encodeElements(dtype, [...wave(rows * columns, 0.7)]);
  const elementSize = base.length / (rows * columns);
  const widened = Float32Array.from(decodeElements(dtype, base));
  const low: Prediction = {
    type: 'low-rank',
    dtype,
    columns,
    rank,
    scale: 0.3,
    left: wave(rows * rank, 0.2),
    right: wave(rank * columns, 0.9),
  };
  const scaled: Prediction = { type: 'scaling', dtype, vector: wave(rows, 0.4), run: columns };

  test('is computed in F32 and rounded once', () => {
    const sum = widened.slice();
    for (let row = 0; row < rows; row++)
      addLowRankRowReference(sum.subarray(row * columns, (row + 1) * columns), {
        left: low.left.subarray(row * rank, (row + 1) * rank),
        right: low.right,
        stride: columns,
        scale: 0.3,
      });
    expect(predict(base, { prediction: low, start: 0 }, kernels)).toEqual(encodeElements(dtype, [...sum]));
    const product = widened.map((value, at) => value * (scaled.vector[Math.floor(at / columns)] ?? 0));
    expect(predict(base, { prediction: scaled, start: 0 }, kernels)).toEqual(
      encodeElements(dtype, [...product]),
    );
  });

  test('is the same wherever a slice begins and ends', () => {
    fc.assert(
      fc.property(fc.nat(rows * columns - 1), fc.nat(60), fc.boolean(), (start, count, isLow) => {
        const prediction = isLow ? low : scaled;
        const whole = predict(base, { prediction, start: 0 }, kernels);
        const [from, to] = [start * elementSize, (start + count) * elementSize];
        expect(predict(base.slice(from, to), { prediction, start }, kernels)).toEqual(whole.slice(from, to));
      }),
    );
  });

  test('of NaN is the canonical NaN', () => {
    const nan = encodeElements(dtype, [NaN]);
    const odd = Uint8Array.from(nan, (byte, at) => (at === 0 ? 0xb3 : byte | 0x80));
    expect(predict(odd, { prediction: low, start: 0 }, kernels)).toEqual(nan);
  });
});
