import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { TensorView } from '../../../src/formats/checkpoint.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { parseShardIndex, resolveShards } from '../../../src/formats/safetensors/shard-index.ts';
import { f32, safetensorsFile } from '../../testkit/safetensors-file.ts';

const index = (weightMap: Record<string, string>) =>
  parseShardIndex(Buffer.from(JSON.stringify({ metadata: { total_size: 8.0 }, weight_map: weightMap })));

async function shard(...names: string[]): Promise<Iterable<TensorView>> {
  const tensors = names.map(name => ({ name, dtype: 'F32' as const, shape: [1], data: f32(1) }));
  return (await safetensors.parse(memoryByteSource(safetensorsFile(tensors)))).tensors;
}

function problemsOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { details?: { problems?: unknown } }).details?.problems;
  }
}

test('the tensors of all shards are one model', async () => {
  const shards = new Map([
    ['1.safetensors', await shard('a', 'b')],
    ['2.safetensors', await shard('c')],
  ]);
  const tensors = resolveShards(
    index({ a: '1.safetensors', b: '1.safetensors', c: '2.safetensors' }),
    shards,
  );
  expect([...tensors].map(([name, { shard: file }]) => `${name} ${file}`)).toEqual([
    'a 1.safetensors',
    'b 1.safetensors',
    'c 2.safetensors',
  ]);
});

test('everything that does not agree is listed', async () => {
  const shards = new Map([
    ['1', await shard('a', 'moved', 'extra')],
    ['2', await shard('c')],
  ]);
  const read = index({ a: '1', moved: '2', gone: '1', elsewhere: '3' });
  expect(problemsOf(() => resolveShards(read, shards))).toEqual([
    'shard 3 is missing',
    '1 holds tensor "moved", but the index says 2',
    '1 holds tensor "extra", which the index does not name',
    '2 holds tensor "c", which the index does not name',
    'tensor "moved" is not in 2',
    'tensor "gone" is not in 1',
  ]);
});

test.each([
  ['no object', '[]'],
  ['no weight_map', '{}'],
  ['a name twice', '{"weight_map":{"a":"1","a":"2"}}'],
  ['a shard that is no string', '{"weight_map":{"a":1}}'],
  ['a shard above the folder', '{"weight_map":{"a":"../1"}}'],
  ['an absolute shard', '{"weight_map":{"a":"/etc/passwd"}}'],
  ['a Windows path', '{"weight_map":{"a":"C:\\\\x"}}'],
  ['no JSON', 'version https://git-lfs.github.com/spec/v1'],
])('an index with %s is refused', (_what, text) => {
  expect(() => parseShardIndex(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: 'SHARD_INDEX_INVALID' }),
  );
});
