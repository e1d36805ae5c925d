import { expect, test } from 'vitest';
import { indexText, layOutFiles } from '../../../src/merge/output/file-layout.ts';

const spec = (name: string, elements: number) => ({ name, dtype: 'BF16' as const, shape: [elements] });
const layout = (sizes: readonly number[], most: number) =>
  layOutFiles(
    sizes.map((size, i) => spec(`t${i}`, size)),
    most,
  ).map(({ name, tensors }) => [name, tensors.map(tensor => tensor.spec.name)]);

test('what fits is one file', () => {
  expect(layout([1, 2, 3], 6)).toEqual([['model.safetensors', ['t0', 't1', 't2']]]);
});

test('files are filled in order; a larger tensor is alone in its file', () => {
  expect(layout([3, 3, 9, 1], 6)).toEqual([
    ['model-00001-of-00003.safetensors', ['t0', 't1']],
    ['model-00002-of-00003.safetensors', ['t2']],
    ['model-00003-of-00003.safetensors', ['t3']],
  ]);
});

test('tensors without elements need no file of their own, nor does nothing', () => {
  expect(layout([6, 0], 6)).toEqual([['model.safetensors', ['t0', 't1']]]);
  expect(layout([], 6)).toEqual([['model.safetensors', []]]);
});

test('the index counts bytes, and is sorted by name', () => {
  const index = JSON.parse(indexText(layOutFiles([spec('b', 2), spec('a', 3)], 3)));
  expect(index.metadata).toEqual({ total_size: 10 });
  expect(Object.entries(index.weight_map)).toEqual([
    ['a', 'model-00002-of-00002.safetensors'],
    ['b', 'model-00001-of-00002.safetensors'],
  ]);
});
