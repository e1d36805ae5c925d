import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureDifference, type TensorData } from '../../src/tensor/difference.ts';
import { readSums } from '../../src/tensor/difference-sums.ts';
import { DTYPE_BITS, type Dtype } from '../../src/tensor/dtype.ts';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';
import { bitsOfF32, narrowBf16 } from '../../src/tensor/kernels/reference/convert-16.ts';
import { differenceBlock } from '../../src/tensor/kernels/reference/difference.ts';

async function* sliced(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function tensor(dtype: Dtype, values: ArrayBufferView, sliceSize = 1 << 20): TensorData {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, elements: (bytes.length * 8) / DTYPE_BITS[dtype], bytes: sliced(bytes, sliceSize) };
}

/** Deterministic values of mixed size. */
function wave(count: number, phase: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, index) => Math.sin(index * 0.7 + phase) * 1.5 ** (index % 13),
  );
}

async function blockByKernel(before: Float32Array | Float64Array, after: Float32Array | Float64Array) {
  const kernels = await loadKernels();
  using left = kernels.borrow(before.byteLength);
  using right = kernels.borrow(after.byteLength);
  using result = kernels.borrow(72);
  left.bytes.set(new Uint8Array(before.buffer));
  right.bytes.set(new Uint8Array(after.buffer));
  const kernel = before instanceof Float64Array ? 'differenceBlockF64' : 'differenceBlockF32';
  kernels.exports[kernel](result.pointer, left.pointer, right.pointer, before.length);
  return readSums(result);
}

test.each(['F32', 'F64'] as const)(
  'a block of %s has the sums of the scalar reference, bit for bit',
  async type => {
    const special = fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, 3e38);
    const value = fc.oneof({ weight: 5, arbitrary: fc.float() }, { weight: 1, arbitrary: special });
    const lists = fc
      .nat(20)
      .chain(fours =>
        fc.tuple(...[1, 2].map(() => fc.array(value, { minLength: 4 * fours, maxLength: 4 * fours }))),
      );
    const floats = type === 'F32' ? Float32Array : Float64Array;
    await fc.assert(
      fc.asyncProperty(lists, async ([before = [], after = []]) => {
        const [a, b] = [new floats(before), new floats(after)];
        expect(await blockByKernel(a, b)).toStrictEqual(differenceBlock(a, b));
      }),
    );
  },
);

test('the numbers are those of their definitions', async () => {
  const before = Float32Array.of(3, 4, 0, 0, 0);
  const after = Float32Array.of(3, 4, 0, 0, 12);
  const result = await measureDifference(tensor('F32', before), tensor('F32', after));
  expect(result).toEqual({
    changed: 1,
    changedShare: 0.2,
    relativeL2: 12 / 5,
    l2: 12,
    normBefore: 5,
    maxAbs: 12,
    cosine: 5 / 13,
    nanBefore: 0,
    nanAfter: 0,
    infiniteBefore: 0,
    infiniteAfter: 0,
  });
});

test('the result has the same bits however the data are sliced', async () => {
  const [before, after] = [wave(600_001, 0), wave(600_001, 0.001)];
  const whole = await measureDifference(tensor('F32', before), tensor('F32', after));
  for (const [left, right] of [
    [7_919, 1_000_003],
    [524_288, 13_337],
  ])
    expect(await measureDifference(tensor('F32', before, left), tensor('F32', after, right))).toStrictEqual(
      whole,
    );
  expect(whole).toMatchInlineSnapshot(`
    {
      "changed": 599984,
      "changedShare": 0.9999716667138888,
      "cosine": 0.9999995000251709,
      "infiniteAfter": 0,
      "infiniteBefore": 0,
      "l2": 26.442786884029946,
      "maxAbs": 0.12974633648991585,
      "nanAfter": 0,
      "nanBefore": 0,
      "normBefore": 26443.4524750143,
      "relativeL2": 0.0009999748296488523,
    }
  `);
});

test('what is not finite is counted and left out', async () => {
  const before = Float64Array.of(1, Number.NaN, Infinity, 2);
  const after = Float64Array.of(1, 5, Infinity, Number.NaN);
  const result = await measureDifference(tensor('F64', before), tensor('F64', after));
  expect(result).toMatchObject({
    changed: 2,
    l2: 0,
    nanBefore: 1,
    nanAfter: 1,
    infiniteBefore: 1,
    infiniteAfter: 1,
  });
});

test('equality is that of bytes: two zeros differ, and so do two NaNs', async () => {
  const before = Uint32Array.of(0, 0x7fc00000, 0x7fc00000);
  const after = Uint32Array.of(0x80000000, 0x7fc00001, 0x7fc00000);
  const result = await measureDifference(tensor('F32', before), tensor('F32', after));
  expect(result).toMatchObject({ changed: 2, maxAbs: 0 });
});

test('a change from zero has no relative size and no angle', async () => {
  const result = await measureDifference(
    tensor('F32', new Float32Array(3)),
    tensor('F32', Float32Array.of(1, 0, 0)),
  );
  expect(result).toMatchObject({ relativeL2: null, cosine: null, l2: 1 });
});

test('a tensor without elements did not move', async () => {
  const result = await measureDifference(
    tensor('F32', new Float32Array()),
    tensor('F32', new Float32Array()),
  );
  expect(result).toMatchObject({ changed: 0, changedShare: 0 });
});

test.each([
  ['I64', BigInt64Array.of(5n, -3n), BigInt64Array.of(5n, -4n)],
  ['I8', Int8Array.of(5, -3), Int8Array.of(5, -4)],
  ['U16', Uint16Array.of(5, 4), Uint16Array.of(5, 3)],
  ['F8_E4M3', Uint8Array.of(0x38, 0x40), Uint8Array.of(0x38, 0x38)],
  ['C64', Float32Array.of(5, 0, 0, 3), Float32Array.of(5, 0, 0, 4)],
] as const)('%s is measured by its values', async (dtype, before, after) => {
  expect(await measureDifference(tensor(dtype, before), tensor(dtype, after))).toMatchObject({
    changed: 1,
    changedShare: 0.5,
    maxAbs: 1,
    l2: 1,
  });
});

test('elements smaller than a byte are only compared', async () => {
  const result = await measureDifference(
    tensor('F4', Uint8Array.of(1, 2)),
    tensor('F4', Uint8Array.of(1, 3)),
  );
  expect(result).toMatchObject({ changed: 1, changedShare: 0.5, l2: null, cosine: null });
});

test('a tensor whose dtype changed is measured by value', async () => {
  const before = Float32Array.of(1, 2, 3.001);
  const after = Uint16Array.from(before, value => narrowBf16(bitsOfF32(value)));
  const result = await measureDifference(tensor('F32', before), tensor('BF16', after));
  expect(result.changed).toBeNull();
  expect(result.maxAbs).toBeCloseTo(0.001, 5);
  const wide = await measureDifference(tensor('F64', Float64Array.from(before)), tensor('F32', before));
  expect(wide.maxAbs).toBeLessThan(1e-6);
});

test('data that end early are an error, and the streams are stopped', async () => {
  const short: TensorData = { ...tensor('F32', new Float32Array(3)), elements: 4 };
  await expect(measureDifference(short, tensor('F32', new Float32Array(4)))).rejects.toMatchObject({
    code: 'EXTENT_CORRUPT',
  });
});
