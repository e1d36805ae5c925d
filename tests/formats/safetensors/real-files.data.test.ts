import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { CheckpointLayout } from '../../../src/formats/checkpoint.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { parseShardIndex } from '../../../src/formats/safetensors/shard-index.ts';
import { sharedData } from '../../testkit/shared-data.ts';

const parse = (bytes: Uint8Array) => safetensors.parse(memoryByteSource(bytes));

function expectExactCover(layout: CheckpointLayout): void {
  let position = 0;
  for (const extent of layout.extents) {
    expect(extent.offset).toBe(position);
    position += extent.length;
  }
  expect(position).toBe(layout.size);
}

test.each(globSync('**/*.safetensors', { cwd: sharedData('models') }).sort())('%s is read', async file => {
  const bytes = readFileSync(sharedData('models', file));
  const layout = await parse(bytes);
  expectExactCover(layout);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
  delete header.__metadata__;
  expect(new Set(layout.tensors.map(tensor => tensor.name))).toEqual(new Set(Object.keys(header)));
  for (const tensor of layout.tensors)
    expect(header[tensor.name]).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
});

test('a real index is read', () => {
  const found = parseShardIndex(
    readFileSync(sharedData('models/safetensors-index/model.safetensors.index.json')),
  );
  expect(found.get('model.layers.0.self_attn.o_proj.weight')).toBe('model-00000-of-00002.safetensors');
  expect(new Set(found.values()).size).toBe(3);
});

test('files that scanners use as traps are refused, each with a code', async () => {
  const codes: Record<string, unknown> = {};
  for (const file of globSync('**/*.safetensors', { cwd: sharedData('malformed') }).sort())
    codes[file] = await parse(readFileSync(sharedData('malformed', file))).catch(error => error.code);
  expect(codes).toMatchInlineSnapshot(`
    {
      "lfs-pointers/model-00000-of-00002.safetensors": "SAFETENSORS_HEADER_TOO_LARGE",
      "lfs-pointers/model-00001-of-00002.safetensors": "SAFETENSORS_HEADER_TOO_LARGE",
      "lfs-pointers/model-00002-of-00002.safetensors": "SAFETENSORS_HEADER_TOO_LARGE",
      "safetensors_abuse_attempt_1.safetensors": "SAFETENSORS_TRUNCATED",
    }
  `);
});
