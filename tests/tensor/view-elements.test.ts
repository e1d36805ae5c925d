import { expect, test } from 'vitest';
import { elementsOf } from '../../src/tensor/view-elements.ts';

async function slicesOf(
  numbers: Uint16Array,
  shape: readonly number[],
  strides: readonly number[],
): Promise<readonly Uint8Array[]> {
  const view = { name: 'v', dtype: 'U16', shape, strides, byteOrder: 'little' } as const;
  const span = async function* () {
    yield new Uint8Array(numbers.buffer);
  };
  const slices: Uint8Array[] = [];
  for await (const slice of elementsOf(view, span())) slices.push(slice);
  return slices;
}

const numbersOf = (slices: readonly Uint8Array[]): readonly number[] => {
  const bytes = Buffer.concat(slices);
  return Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16LE(2 * at));
};

test('elements that lie apart come in order, whatever the axes and their strides', async () => {
  const numbers = Uint16Array.from({ length: 60_000 }, (_, at) => at);
  const expected: number[] = [];
  for (let i = 0; i < 300; i++)
    for (let j = 0; j < 50; j++) for (let k = 0; k < 3; k++) expected.push(i + 300 * j + 20_000 * k);
  expect(numbersOf(await slicesOf(numbers, [300, 50, 3], [1, 300, 20_000]))).toEqual(expected);
});

test('many rows of one element, repeated from few bytes, come together', async () => {
  const slices = await slicesOf(Uint16Array.of(7), [1_000_000, 1], [0, 1]);
  expect(slices.length).toBeLessThan(100);
  expect(new Set(numbersOf(slices))).toEqual(new Set([7]));
  expect(Buffer.concat(slices).length).toBe(2_000_000);
});

test('no elements give no bytes', async () => {
  expect(await slicesOf(new Uint16Array(4), [2, 0], [2, 2])).toEqual([]);
});
