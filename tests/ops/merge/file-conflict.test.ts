import { expect, test } from 'vitest';
import { tensorConflict } from '../../../src/merge/conflict.ts';
import { describeConflict } from '../../../src/ops/merge/file-conflict.ts';
import type { ManifestTensor } from '../../../src/store/manifest/manifest.ts';

const tensor = (dtype: string, shape: readonly number[]): ManifestTensor =>
  ({ dtype, shape, extent: { digest: 'd' } }) as unknown as ManifestTensor;

const WIDE = [tensor('F32', [4, 2]), tensor('F32', [6, 2])];

test('few tensors in conflict are told one by one, with what the sides have', () => {
  const versions = { name: 'head', base: undefined, models: WIDE };
  const tensors = [tensorConflict('shape-differs', versions), tensorConflict('not-a-float', versions)];
  expect(describeConflict({ kind: 'tensors', path: 'm.gguf', tensors })).toEqual([
    'm.gguf: head: changed on both sides, with different shapes: F32 [4, 2] and F32 [6, 2]; -X take:head=ours|theirs|base',
    'm.gguf: head: changed on both sides, with a dtype that has no average; -X take:head=ours|theirs|base',
  ]);
});

test('many for one reason are one line, which says how to decide all of them at once', () => {
  const quantised = ['a', 'b', 'c', 'd', 'e'].map(name =>
    tensorConflict('not-a-float', { name, base: undefined, models: WIDE }),
  );
  const line = (glob: string) =>
    `m.gguf: 5 tensors (a, b, c, ...): changed on both sides, with a dtype that has no average; -X take:${glob}=ours|theirs|base`;
  expect(describeConflict({ kind: 'tensors', path: 'm.gguf', tensors: quantised })).toEqual([line('m.gguf')]);
  const other = tensorConflict('modify-delete', { name: 'f', base: undefined, models: WIDE });
  expect(describeConflict({ kind: 'tensors', path: 'm.gguf', tensors: [...quantised, other] })).toEqual([
    line('m.gguf:<glob>'),
    'm.gguf: f: changed on one side and removed on another; -X take:f=ours|theirs|base',
  ]);
});
