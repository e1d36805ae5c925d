import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import type { Floats } from '../../../src/tensor/kernels/reference/merge.ts';
import * as reference from '../../../src/tensor/kernels/reference/sample.ts';

const { exports, borrow } = await loadKernels();

const TYPES = {
  f32: {
    make: (values: readonly number[]): Floats => Float32Array.from(values),
    keepRandom: exports.keepRandomF32,
    count: exports.countMagnitudesF32,
    keepSampled: exports.keepSampledF32,
  },
  f64: {
    make: (values: readonly number[]): Floats => Float64Array.from(values),
    keepRandom: exports.keepRandomF64,
    count: exports.countMagnitudesF64,
    keepSampled: exports.keepSampledF64,
  },
} as const;

const elements = fc.array(fc.oneof(fc.constantFrom(0, 1, -1), fc.double({ min: -3, max: 3, noNaN: true })), {
  maxLength: 40,
});
const key = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const start = fc.nat(1_000_000);

function placed(values: Floats) {
  const region = borrow(Math.max(8, values.byteLength));
  region.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return region;
}

const bytesOf = (values: Floats): Uint8Array => new Uint8Array(values.buffer, 0, values.byteLength);

test.each(Object.entries(TYPES))('%s: elements are drawn as in the reference', (_, type) => {
  fc.assert(
    fc.property(elements, key, start, fc.nat(2 ** 31 - 1), (values, key, start, limit) => {
      const wanted = type.make(values);
      using target = placed(wanted);
      type.keepRandom(target.pointer, values.length, key, start, limit * 2);
      reference.keepRandom(wanted, { key, start }, limit * 2);
      expect(Buffer.compare(target.bytes.subarray(0, wanted.byteLength), bytesOf(wanted))).toBe(0);
    }),
  );
});

test.each(Object.entries(TYPES))(
  '%s: ranks decide about rows as in the reference, one after the other',
  (_, type) => {
    using counts = borrow((0x8000 + 2) * 8);
    exports.clearMagnitudes(counts.pointer, true);
    fc.assert(
      fc.property(elements, key, start, fc.boolean(), (values, key, start, isEnlarged) => {
        const wanted = type.make(values);
        using target = placed(wanted);
        const [least, step] = [0.25, 0.5 / Math.max(1, values.length)];
        type.count(counts.pointer, target.pointer, values.length);
        exports.rankMagnitudes(counts.pointer);
        const { pointer } = target;
        type.keepSampled(pointer, values.length, counts.pointer, key, start, least, step, isEnlarged);
        exports.clearMagnitudes(counts.pointer, false);
        reference.keepSampled(wanted, { key, start }, { least, step, isEnlarged });
        expect(Buffer.compare(target.bytes.subarray(0, wanted.byteLength), bytesOf(wanted))).toBe(0);
        expect(counts.bytes.subarray(0, 0x8000 * 8).every(byte => byte === 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  },
);
