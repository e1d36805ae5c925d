import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Conversion, conversionOf } from '../../../src/tensor/conversion.ts';
import { DTYPE_BITS, type Dtype } from '../../../src/tensor/dtype.ts';
import {
  F8_SHAPES,
  narrowF8,
  type RoundableF8,
  widenF8,
} from '../../../src/tensor/kernels/reference/convert-8.ts';
import * as half from '../../../src/tensor/kernels/reference/convert-16.ts';
import { bitsOfF64, f64OfInteger } from '../../../src/tensor/kernels/reference/convert-numbers.ts';
import { convert } from '../../testkit/kernel-call.ts';

const ALL_16 = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const F8_DTYPES = Object.keys(F8_SHAPES) as RoundableF8[];

async function widen(dtype: Dtype, source: ArrayBufferView): Promise<ArrayBuffer> {
  const count = (source.byteLength * 8) / DTYPE_BITS[dtype];
  const pick = (kernels: Parameters<typeof conversionOf>[1]) => conversionOf(dtype, kernels).widen;
  return convert(pick, source, { count, resultBytes: count * 8 });
}

async function narrow(dtype: Dtype, source: Uint32Array): Promise<ArrayBuffer> {
  const pick = (kernels: Parameters<typeof conversionOf>[1]) =>
    conversionOf(dtype, kernels).narrow as NonNullable<Conversion['narrow']>;
  return convert(pick, source, {
    count: source.length,
    resultBytes: (source.length * DTYPE_BITS[dtype]) / 8,
  });
}

/** F32 bit patterns around every value of a 16-bit float, and half-way to the next. */
function* neighbours(widenBits: (bits: number) => number): Generator<number> {
  for (const bits of ALL_16) {
    const wide = widenBits(bits);
    const next = widenBits(Math.min(bits + 1, 65535));
    const middle = Math.floor((wide + next) / 2);
    for (const candidate of [wide, middle]) yield* [candidate - 1, candidate, candidate + 1];
  }
}

test.each([
  ['F16', half.widenF16],
  ['BF16', half.widenBf16],
] as const)('all values of %s become the F32 of the reference', async (dtype, reference) => {
  const actual = new Uint32Array(await widen(dtype, ALL_16), 0, 65536);
  expect(actual).toEqual(Uint32Array.from(ALL_16, reference));
});

test.each([
  ['F16', half.widenF16, half.narrowF16],
  ['BF16', half.widenBf16, half.narrowBf16],
] as const)(
  'F32 around every value of %s and half-way are rounded as by the reference',
  async (dtype, up, down) => {
    const source = Uint32Array.from(neighbours(up));
    expect(new Uint16Array(await narrow(dtype, source))).toEqual(
      Uint16Array.from(source, bits => down(bits)),
    );
  },
);

test('F16 and BF16 come back as they were, NaNs canonical', () => {
  for (const bits of ALL_16) {
    const [f16, bf16] = [half.narrowF16(half.widenF16(bits)), half.narrowBf16(half.widenBf16(bits))];
    expect(f16).toBe((bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits);
    expect(bf16).toBe((bits & 0x7fff) > 0x7f80 ? 0x7fc0 : bits);
  }
});

test.each([
  ['F16', half.narrowF16],
  ['BF16', half.narrowBf16],
] as const)('any F32 is rounded to %s as by the reference, whatever the count', async (dtype, reference) => {
  await fc.assert(
    fc.asyncProperty(fc.uint32Array({ minLength: 1, maxLength: 40 }), async source => {
      expect([...new Uint16Array(await narrow(dtype, source))]).toEqual([...source].map(reference));
    }),
  );
});

test.each([...F8_DTYPES, 'F8_E8M0'] as const)(
  'all values of %s become the F32 of the reference',
  async dtype => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const actual = new Uint32Array(await widen(dtype, codes), 0, 256);
    expect(actual).toEqual(Uint32Array.from(codes, code => widenF8(dtype, code)));
  },
);

test.each(F8_DTYPES)('F32 are rounded to %s as by the reference, and its values come back', async dtype => {
  const values = Array.from({ length: 256 }, (_, code) => widenF8(dtype, code));
  const around = values.flatMap((bits, code) => {
    const middle = (bits + (values[(code + 1) % 256] ?? 0)) / 2;
    return [bits - 1, bits, bits + 1, middle - 1, middle, middle + 1];
  });
  const random = fc.sample(fc.integer({ min: 0, max: 0xffffffff }), { numRuns: 5000, seed: 1 });
  const source = Uint32Array.from([...around, ...random]);
  const actual = new Uint8Array(await narrow(dtype, source));
  expect(actual).toEqual(Uint8Array.from(source, bits => narrowF8(dtype, bits)));
  for (const [code, bits] of values.entries())
    if (bits !== 0x7fc00000) expect(narrowF8(dtype, bits)).toBe(code);
});

test('F8 rounds to the nearest of its own values', () => {
  const finite = (dtype: RoundableF8) =>
    Array.from({ length: 256 }, (_, code) => half.f32OfBits(widenF8(dtype, code))).filter(Number.isFinite);
  fc.assert(
    fc.property(
      fc.constantFrom(...F8_DTYPES),
      fc.float({ noNaN: true, min: -200, max: 200 }),
      (dtype, value) => {
        const result = half.f32OfBits(widenF8(dtype, narrowF8(dtype, half.bitsOfF32(value))));
        const best = Math.min(...finite(dtype).map(candidate => Math.abs(candidate - value)));
        expect(Math.abs(result - value)).toBe(best);
      },
    ),
  );
});

test('F64 and F32 convert as JavaScript does, NaNs canonical', async () => {
  const doubles = fc.oneof(
    fc.double(),
    fc.float(),
    fc.constantFrom(Number.NaN, 1 + 2 ** -24, 3.4028235677973366e38),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(doubles, { minLength: 1, maxLength: 20 }), async values => {
      const pick32 = (kernels: Parameters<typeof conversionOf>[1]) => kernels.exports.f64ToF32;
      const pick64 = (kernels: Parameters<typeof conversionOf>[1]) => kernels.exports.f32ToF64;
      const count = values.length;
      const down = await convert(pick32, Float64Array.from(values), { count, resultBytes: count * 4 });
      expect([...new Uint32Array(down)]).toEqual(values.map(half.bitsOfF32));
      const up = await convert(pick64, new Float32Array(down), { count, resultBytes: count * 8 });
      expect([...new BigUint64Array(up)]).toEqual(values.map(value => bitsOfF64(Math.fround(value))));
    }),
  );
});

test.each([
  ['BOOL', new Uint8Array([0, 1])],
  ['U8', new Uint8Array([0, 127, 255])],
  ['I8', new Int8Array([-128, -1, 127])],
  ['U16', new Uint16Array([0, 65535])],
  ['I16', new Int16Array([-32768, 32767, 1])],
  ['U32', new Uint32Array([0, 2 ** 32 - 1])],
  ['I32', new Int32Array([-(2 ** 31), 2 ** 31 - 1])],
] as const)('%s converts exactly', async (dtype, values) => {
  const wide = await widen(dtype, values);
  const floats = dtype.endsWith('32') ? new Float64Array(wide) : new Float32Array(wide);
  expect([...floats.subarray(0, values.length)]).toEqual([...values]);
});

test('64-bit integers are rounded to nearest, ties to even', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt64Array({ minLength: 1 }), async values => {
      const signed = new Float64Array(await widen('I64', values));
      expect([...signed]).toEqual([...values].map(f64OfInteger));
      const unsigned = new BigUint64Array(values.buffer, values.byteOffset, values.length);
      expect([...new Float64Array(await widen('U64', unsigned))]).toEqual([...unsigned].map(f64OfInteger));
    }),
  );
});
