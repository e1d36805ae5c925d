import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { CheckpointLayout } from '../../../src/formats/checkpoint.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { readSafetensorsHeader } from '../../../src/formats/safetensors/read-header.ts';
import { f32, rawSafetensorsFile, safetensorsFile } from '../../testkit/safetensors-file.ts';

const parse = (bytes: Uint8Array) => safetensors.parse(memoryByteSource(bytes));

function expectExactCover(layout: CheckpointLayout): void {
  let position = 0;
  for (const extent of layout.extents) {
    expect(extent.offset).toBe(position);
    position += extent.length;
  }
  expect(position).toBe(layout.size);
}

test('extents are the header with its padding, then the data of each tensor by offset', async () => {
  const data = [f32(1, 2), f32(3)];
  const bytes = safetensorsFile([
    { name: 'z', dtype: 'F32', shape: [2], data: data[0] as Uint8Array },
    { name: 'a', dtype: 'F32', shape: [], data: data[1] as Uint8Array },
  ]);
  const layout = await parse(bytes);
  const start = bytes.length - 12;
  const { extents, tensors } = layout;
  expect({ ...layout, extents: [...extents], tensors: [...tensors] }).toEqual({
    format: 'safetensors',
    size: bytes.length,
    extents: [
      { role: 'skeleton', offset: 0, length: start },
      { role: 'tensor', offset: start, length: 8 },
      { role: 'tensor', offset: start + 8, length: 4 },
    ],
    tensors: [
      { name: 'z', dtype: 'F32', shape: [2], offset: start, byteOrder: 'little' },
      { name: 'a', dtype: 'F32', shape: [], offset: start + 8, byteOrder: 'little' },
    ],
  });
});

test('tensors without elements share an empty extent at their offset', async () => {
  const none = new Uint8Array();
  const bytes = safetensorsFile([
    { name: 'e1', dtype: 'F32', shape: [0, 3], data: none },
    { name: 'e2', dtype: 'BF16', shape: [0], data: none },
    { name: 'a', dtype: 'F32', shape: [1], data: f32(1) },
    { name: 'e3', dtype: 'F4', shape: [0], data: none },
  ]);
  const layout = await parse(bytes);
  expectExactCover(layout);
  expect(layout.extents.map(extent => extent.length).slice(1)).toEqual([0, 4, 0]);
  expect(layout.tensors).toHaveLength(4);
});

test('elements smaller than a byte fill whole bytes', async () => {
  const layout = await parse(
    safetensorsFile([
      { name: 'f4', dtype: 'F4', shape: [3, 2], data: new Uint8Array(3) },
      { name: 'f6', dtype: 'F6_E2M3', shape: [4], data: new Uint8Array(3) },
    ]),
  );
  expect(layout.extents.map(extent => extent.length).slice(1)).toEqual([3, 3]);
});

test('the header gives the metadata and the order of the file', async () => {
  const json =
    '{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"__metadata__":{"k\\u00e9":"v"},"a":{"dtype":"U8","note":[{}],"shape":[1],"data_offsets":[0,1]}}';
  const header = await readSafetensorsHeader(memoryByteSource(rawSafetensorsFile(json, 2)));
  expect([...header.metadata]).toEqual([['ké', 'v']]);
  expect(header.tensors.map(tensor => tensor.name)).toEqual(['b', 'a']);
});

test('half a million tensors are read within a few hundred megabytes', async () => {
  const members = Array.from(
    { length: 500_000 },
    (_, index) =>
      `"model.layers.${index % 61}.mlp.experts.${index}.down_proj.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[${2 * index},${2 * index + 2}]}`,
  );
  const bytes = rawSafetensorsFile(`{${members.join(',')}}`, 1_000_000);
  members.length = 0;
  const before = process.memoryUsage();
  const layout = await parse(bytes);
  const after = process.memoryUsage();
  expect(layout.tensors).toHaveLength(500_000);
  expect(after.rss - before.rss).toBeLessThan(400e6);
});
