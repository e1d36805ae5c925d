import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { npy } from '../../../src/formats/numpy/npy.ts';

function file(header: string, dataBytes: number, major = 1): Buffer {
  const length = Buffer.alloc(major === 1 ? 2 : 4);
  if (major === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const prefix = Buffer.from(`\x93NUMPY${String.fromCharCode(major)}\0`, 'latin1');
  return Buffer.concat([prefix, length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

const parse = (bytes: Uint8Array) => npy.parse(memoryByteSource(bytes));

test.each([
  [
    1,
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    { dtype: 'F32', shape: [2, 3], byteOrder: 'little' },
  ],
  [
    2,
    "{'descr': '>i2', 'fortran_order': True, 'shape': (4, 3), }",
    { dtype: 'I16', strides: [1, 4], byteOrder: 'big' },
  ],
  [3, "{'descr': '|b1', 'fortran_order': False, 'shape': (24,), }", { dtype: 'BOOL', shape: [24] }],
  [1, "{'descr': '<c16', 'fortran_order': False, 'shape': (), }", { dtype: 'C128', shape: [] }],
])('version %i: %s', async (major, header, tensor) => {
  const bytes = (tensor.dtype === 'C128' ? 16 : 24) as number;
  const layout = await parse(file(header, bytes, major));
  expect(layout.tensors).toMatchObject([{ name: 'arr_0', ...tensor }]);
  expect(layout.extents.at(-1)).toMatchObject({ role: 'tensor', length: bytes });
});

test('elements that are no numbers stay bytes', async () => {
  const layout = await parse(file("{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }", 32));
  expect(layout.tensors).toEqual([]);
});

test.each([
  ['data of another length', file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7)],
  ['a huge shape', file("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,), }", 8)],
  ['no shape', file("{'descr': '<f4', 'fortran_order': False}", 8)],
  ['a header behind the end', file('{}', 0).subarray(0, 9)],
  ['a version of the future', file('{}', 0, 9)],
])('%s is refused', async (_, bytes) => {
  await expect(parse(bytes)).rejects.toMatchObject({ code: 'NPY_INVALID' });
});
