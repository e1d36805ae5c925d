import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { gguf } from '../../../src/formats/gguf/format.ts';

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

interface Tensor {
  readonly name: string;
  readonly dims: readonly (number | bigint)[];
  readonly type: number;
  readonly offset: number;
}

function file(tensors: readonly Tensor[], dataBytes: number, values: readonly Buffer[] = []): Buffer {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(values.length),
    ...values,
    ...tensors.flatMap(({ name, dims, type, offset }) => [
      text(name),
      u32(dims.length),
      ...dims.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), Buffer.alloc(dataBytes)]);
}

const parse = (bytes: Uint8Array) => gguf.parse(memoryByteSource(bytes));

test('quantised blocks are exact tensors, dimensions outermost first', async () => {
  const layout = await parse(file([{ name: 'w', dims: [64, 3], type: 2, offset: 0 }], 108));
  expect(layout.tensors).toMatchObject([{ name: 'w', dtype: 'Q4_0', shape: [3, 64], byteOrder: 'little' }]);
  expect(layout.extents.map(({ role, length }) => [role, length])).toEqual([
    ['skeleton', layout.size - 108],
    ['tensor', 108],
  ]);
});

test('metadata of every kind is passed over, and the alignment is used', async () => {
  const values = [
    Buffer.concat([
      text('a'),
      u32(9),
      u32(9),
      u64(2),
      u32(8),
      u64(1),
      text('x'),
      u32(0),
      u64(3),
      Buffer.alloc(3),
    ]),
    Buffer.concat([text('general.alignment'), u32(4), u32(64)]),
    Buffer.concat([text('b'), u32(12), Buffer.alloc(8)]),
  ];
  const bytes = file([{ name: 'w', dims: [2], type: 0, offset: 0 }], 64, values);
  const { tensors } = await parse(bytes);
  expect((tensors.at(0)?.offset ?? 1) % 64).toBe(0);
});

test.each<[string, Buffer, string]>([
  ['a tensor behind the end', file([{ name: 'w', dims: [32], type: 0, offset: 64 }], 128), 'GGUF_INVALID'],
  ['rows that are no blocks', file([{ name: 'w', dims: [33], type: 2, offset: 0 }], 128), 'GGUF_INVALID'],
  ['a type nobody knows', file([{ name: 'w', dims: [32], type: 200, offset: 0 }], 128), 'GGUF_UNSUPPORTED'],
  [
    'too many dimensions',
    file([{ name: 'w', dims: [1, 1, 1, 1, 1], type: 0, offset: 0 }], 4),
    'GGUF_INVALID',
  ],
  ['a huge dimension', file([{ name: 'w', dims: [2n ** 60n], type: 0, offset: 0 }], 4), 'GGUF_INVALID'],
  [
    'huge dimensions',
    file([{ name: 'w', dims: [2 ** 40, 2 ** 40], type: 0, offset: 0 }], 4),
    'SHAPE_TOO_LARGE',
  ],
  ['an old version', Buffer.concat([Buffer.from('GGUF'), u32(1), u64(0), u64(0)]), 'GGUF_UNSUPPORTED'],
  ['a count without end', Buffer.concat([Buffer.from('GGUF'), u32(3), u64(2 ** 50), u64(0)]), 'GGUF_INVALID'],
  ['a string without end', file([], 0, [Buffer.concat([u64(2 ** 50)])]), 'GGUF_INVALID'],
  [
    'an array without end',
    file([], 0, [Buffer.concat([text('a'), u32(9), u32(8), u64(2 ** 50)])]),
    'GGUF_TRUNCATED',
  ],
])('%s is refused', async (_, bytes, code) => {
  await expect(parse(bytes)).rejects.toMatchObject({ code });
});

test('a damaged file is read or refused with a code', async () => {
  const whole = file([{ name: 'w', dims: [64, 3], type: 2, offset: 0 }], 108, [
    Buffer.concat([text('a'), u32(9), u32(8), u64(1), text('x')]),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const result = await parse(bytes).catch((error: unknown) => error);
      expect(isMgitError(result) || !(result instanceof Error)).toBe(true);
    }),
  );
});
