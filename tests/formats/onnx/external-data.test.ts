import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { externalLayout } from '../../../src/formats/onnx/external-data.ts';
import { onnx } from '../../../src/formats/onnx/format.ts';

const FLOAT = 1;
const INT8 = 3;

const number = (field: number, value: number): number[] => [field << 3, value];
const bytes = (field: number, data: readonly number[] | string): number[] => {
  const content = [...Buffer.from(data as string)];
  return [(field << 3) | 2, content.length, ...content];
};
const model = (...initializers: readonly number[][]): Uint8Array =>
  Uint8Array.from([
    ...number(1, 8),
    ...bytes(
      7,
      initializers.flatMap(tensor => bytes(5, tensor)),
    ),
  ]);

/** A `TensorProto` of two floats whose data is elsewhere. */
const external = (name: string, place: Readonly<Record<string, string>>): number[] => [
  ...number(1, 2),
  ...number(2, FLOAT),
  ...bytes(8, name),
  ...Object.entries(place).flatMap(([key, value]) => bytes(13, [...bytes(1, key), ...bytes(2, value)])),
  ...number(14, 1),
];

const layout = (file: Uint8Array, name = 'w.data', size = 20) =>
  externalLayout(memoryByteSource(file), { name, size });

test('the model tells which tensors a file beside it has', async () => {
  const file = model(
    external('b', { location: 'w.data', offset: '12', length: '8' }),
    external('a', { location: 'w.data' }),
    external('c', { location: 'other.data' }),
  );
  expect((await onnx.parse(memoryByteSource(file))).tensors).toEqual([]);
  expect(await layout(file)).toEqual({
    format: 'onnx-data',
    size: 20,
    extents: [
      { role: 'tensor', offset: 0, length: 8 },
      { role: 'skeleton', offset: 8, length: 4 },
      { role: 'tensor', offset: 12, length: 8 },
    ],
    tensors: [
      { name: 'b', dtype: 'F32', shape: [2], byteOrder: 'little', offset: 12 },
      { name: 'a', dtype: 'F32', shape: [2], byteOrder: 'little', offset: 0 },
    ],
  });
  expect(await layout(file, 'unknown.data')).toBeUndefined();
});

test('places that lead out of the folder, or make no sense, are refused', async () => {
  for (const place of [
    { location: '../w.data' },
    { location: '/w.data' },
    {},
    { location: 'w.data', offset: '-4' },
    { location: 'w.data', offset: 'x' },
    { location: 'w.data', length: '9' },
  ])
    await expect(layout(model(external('a', place)))).rejects.toMatchObject({ code: 'ONNX_INVALID' });
  const late = model(external('a', { location: 'w.data', offset: '16' }));
  await expect(layout(late)).rejects.toMatchObject({ code: 'VIEW_OUTSIDE_FILE' });
});

test('numbers that protobuf wrote as varints are no tensors of the layout, and can be read', async () => {
  const minusOne = [...new Array<number>(9).fill(0xff), 1];
  const tensor = [...number(1, 2), ...number(2, INT8), ...bytes(5, [...minusOne, 5]), ...bytes(8, 'small')];
  const source = memoryByteSource(model(tensor));
  expect((await onnx.parse(source)).tensors).toEqual([]);
  const [found] = (await onnx.encoded?.(source)) ?? [];
  expect(found).toMatchObject({ name: 'small', dtype: 'I8', shape: [2] });
  const parts: Uint8Array[] = [];
  for await (const part of found?.span() ?? []) parts.push(part);
  expect([...Buffer.concat(parts)]).toEqual([255, 5]);
});
