import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementConverter } from '../../src/tensor/convert-elements.ts';
import type { Dtype } from '../../src/tensor/dtype.ts';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';
import { decodeElements } from '../testkit/float-elements.ts';

const kernels = await loadKernels();

function convert(from: Dtype, to: Dtype, bytes: Uint8Array, targetBytes: number): Uint8Array {
  const target = new Uint8Array(targetBytes);
  elementConverter(from, to, kernels)(target, bytes);
  return target;
}

/** Rounds to a number of significant bits, ties to even; for values whose results are neither subnormal nor too large. */
function rounded(value: number, bits: number): number {
  if (value === 0) return value;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits + 1);
  const whole = Math.floor(value / unit);
  const rest = value / unit - whole;
  return (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? whole + 1 : whole) * unit;
}

test('F64 to BF16 is rounded once, where rounding by way of F32 would be wrong', () => {
  const halfway = 1 + 2 ** -8; // Between two BF16; a trace more decides.
  const values = new Float64Array([
    halfway,
    halfway + 2 ** -40,
    halfway - 2 ** -40,
    -halfway - 2 ** -40,
    Infinity,
    0,
  ]);
  const bytes = convert('F64', 'BF16', new Uint8Array(values.buffer), values.length * 2);
  expect([...decodeElements('BF16', bytes)]).toEqual([1, 1 + 2 ** -7, 1, -1 - 2 ** -7, Infinity, 0]);
});

test('any F64 in range becomes the nearest BF16', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), value => {
      const bytes = convert('F64', 'BF16', new Uint8Array(new Float64Array([value]).buffer), 2);
      expect(decodeElements('BF16', bytes)[0]).toBe(rounded(value, 8));
    }),
  );
});

test('a dtype that holds the values gives them back, however many there are', () => {
  const values = Float32Array.from({ length: 70_001 }, (_, i) => Math.fround(Math.sin(i)));
  const own = new Uint8Array(values.buffer);
  const wide = convert('F32', 'F64', own, values.length * 8);
  expect(Buffer.compare(convert('F64', 'F32', wide, own.length), own)).toBe(0);
});
