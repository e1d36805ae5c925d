import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { TensorView } from '../../../src/formats/checkpoint.ts';
import { detectFormat } from '../../../src/formats/registry.ts';
import { checkpointFile } from '../../testkit/checkpoint-file.ts';
import { f32, type TensorWithData } from '../../testkit/safetensors-file.ts';
import { type Scene, scene } from '../../testkit/scene.ts';

const vector = (name: string, ...values: number[]): TensorWithData => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: f32(...values),
});

interface Weights {
  readonly fc: readonly number[];
  readonly head: readonly number[];
}

const write = (day: Scene, file: string, format: string, { fc, head }: Weights, prefix = ''): Promise<void> =>
  checkpointFile(format, [vector(`${prefix}fc.weight`, ...fc), vector(`${prefix}head.weight`, ...head)]).then(
    bytes => day.write(file, bytes),
  );

async function commit(day: Scene, message: string): Promise<void> {
  await day.mgit('add', '-A', '.');
  await day.mgit('commit', '-m', message);
}

/** A PyTorch checkpoint on `main`. */
async function begun(day: Scene): Promise<void> {
  await day.mgit('track', '*.pt', '*.safetensors');
  await write(day, 'model.pt', 'pytorch', { fc: [1, 2], head: [4] });
  await commit(day, 'base');
}

/** `side` has it as safetensors, under the names of a wrapper, with another head and `fc`. */
async function converted(day: Scene, weights: Weights): Promise<void> {
  await day.mgit('switch', '-c', 'side');
  await day.mgit('rm', 'model.pt');
  await write(day, 'model.safetensors', 'safetensors', weights, 'module.');
  await commit(day, 'converted');
  await day.mgit('switch', 'main');
}

async function values(day: Scene, file: string): Promise<Readonly<Record<string, readonly number[]>>> {
  const bytes = await day.read(file);
  const source = memoryByteSource(bytes);
  const { tensors } = await (await detectFormat(source)).parse(source);
  const numbers = ({ offset, shape }: TensorView): number[] =>
    Array.from({ length: shape[0] ?? 0 }, (_, i) => bytes.readFloatLE(offset + 4 * i));
  return Object.fromEntries(tensors.map(view => [view.name, numbers(view)]));
}

test('diff follows a model into another format and another spelling', async () => {
  await using day = await scene();
  await begun(day);
  await converted(day, { fc: [1, 2], head: [5] });
  expect(await day.mgit('diff', 'main', 'side')).toMatchInlineSnapshot(`
    "modified model.pt -> model.safetensors
         tensor                                type     rel L2  max abs    cosine  changed
      ~  module.head.weight (was head.weight)  F32 [1]   0.250     1.00  1.000000   100.0%
      1 changed, 0 added, 0 removed, 1 unchanged; the header differs; 2 under other names, such as fc.weight -> module.fc.weight"
  `);
  expect(await day.mgit('diff', 'main:model.pt', 'side:model.safetensors', '--stat')).toMatchInlineSnapshot(`
    "modified model.pt -> model.safetensors  1 changed, 0 added, 0 removed, 1 unchanged; the header differs; 2 under other names, such as fc.weight -> module.fc.weight
      block   changed  added  removed  rel L2  max abs  NaN
      module   1 of 2      0        0   0.250     1.00    0"
  `);
  const json = JSON.parse(await day.mgit('diff', 'main', 'side', '--json'));
  expect(json.files[0].model.renamed).toEqual([
    { before: 'fc.weight', after: 'module.fc.weight' },
    { before: 'head.weight', after: 'module.head.weight' },
  ]);
});

test('merge: their file of another format goes into ours, tensor by tensor', async () => {
  await using day = await scene();
  await begun(day);
  await converted(day, { fc: [3, 2], head: [5] });
  await write(day, 'model.pt', 'pytorch', { fc: [1, 4], head: [4] });
  await commit(day, 'ours');
  await day.mgit('merge', 'side', '-m', 'merged', '-s', 'linear');
  expect(await values(day, 'model.pt')).toEqual({ 'fc.weight': [2, 3], 'head.weight': [5] });
  expect(await day.git('ls-files', '--', ':!.mgit')).toBe('.gitattributes\nmodel.pt\n');
});

test('merge: a file that we converted keeps its format, and takes what they changed in the old one', async () => {
  await using day = await scene();
  await begun(day);
  await converted(day, { fc: [3, 2], head: [4] });
  await write(day, 'model.pt', 'pytorch', { fc: [1, 2], head: [6] });
  await commit(day, 'theirs');
  await day.mgit('switch', 'side');
  await day.mgit('merge', 'main', '-m', 'merged');
  expect(await values(day, 'model.safetensors')).toEqual({
    'module.fc.weight': [3, 2],
    'module.head.weight': [6],
  });
  expect(await day.git('ls-files', '--', ':!.mgit')).toBe('.gitattributes\nmodel.safetensors\n');
});

test('merge: what only one side touched is taken as it is, whatever its format', async () => {
  await using day = await scene();
  await begun(day);
  await converted(day, { fc: [3, 2], head: [5] });
  await day.write('notes.txt', 'ours\n');
  await commit(day, 'notes');
  await day.mgit('merge', 'side', '-m', 'merged');
  expect(await day.git('ls-files', '--', ':!.mgit')).toBe('.gitattributes\nmodel.safetensors\nnotes.txt\n');
});

test('names that the project knows to be the same', async () => {
  await using day = await scene();
  await begun(day);
  await day.write('mgit.yaml', 'version: 1\nnames:\n  - { from: "dense.*", to: "fc.*" }\n');
  await commit(day, 'names');
  await day.write('other.safetensors', await checkpointFile('safetensors', [vector('dense.weight', 1, 2)]));
  await commit(day, 'other');
  expect(await day.mgit('diff', 'HEAD:model.pt', 'HEAD:other.safetensors')).toMatchInlineSnapshot(`
    "modified model.pt -> other.safetensors
         tensor       type     rel L2  max abs  cosine  changed
      -  head.weight  F32 [1]
      0 changed, 0 added, 1 removed, 1 unchanged; the header differs; 1 under other names, such as fc.weight -> dense.weight"
  `);
});

test.each([
  ['stash', ['stash', 'pop']],
  ['side', ['cherry-pick', 'side']],
  ['side', ['rebase', 'side']],
])('names that the project knows to be the same, for a change in a %s: %j', async (place, argv) => {
  await using day = await scene();
  await begun(day);
  await day.write('mgit.yaml', 'version: 1\nnames:\n  - { from: "dense.*", to: "fc.*" }\n');
  await commit(day, 'names');
  if (place === 'side') await day.mgit('switch', '-c', 'side');
  await write(day, 'model.pt', 'pytorch', { fc: [1, 9], head: [4] });
  if (place === 'stash') await day.mgit('stash');
  else await commit(day, 'change');
  if (place === 'side') await day.mgit('switch', 'main');
  const renamed = [vector('dense.weight', 1, 2), vector('head.weight', 5)];
  await day.write('model.pt', await checkpointFile('pytorch', renamed));
  await commit(day, 'renamed');
  await day.mgit(...argv);
  const spelling = argv[0] === 'rebase' ? 'fc.weight' : 'dense.weight';
  expect(await values(day, 'model.pt')).toEqual({ [spelling]: [1, 9], 'head.weight': [5] });
});

test('elements that lie in another order do not take the place of others', async () => {
  await using day = await scene();
  await day.mgit('track', '*.npy', '*.safetensors');
  const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }";
  const npy = (...data: number[]): Buffer =>
    Buffer.concat([Buffer.from(`\x93NUMPY\x01\0\x76\0${header.padEnd(117)}\n`, 'latin1'), f32(...data)]);
  await day.write('w.npy', npy(1, 2, 3, 4));
  await commit(day, 'base');
  await day.mgit('switch', '-c', 'side');
  await day.mgit('rm', 'w.npy');
  const dense = { name: 'arr_0', dtype: 'F32' as const, shape: [2, 2], data: f32(9, 9, 9, 8) };
  await day.write('w.safetensors', await checkpointFile('safetensors', [dense]));
  await commit(day, 'dense');
  await day.mgit('switch', 'main');
  await day.write('w.npy', npy(1, 2, 3, 5));
  await commit(day, 'ours');
  const run = await day.attempt('merge', 'side', '-m', 'merged', '-X', 'take:arr_0=theirs');
  expect(run.stderr).toMatchInlineSnapshot(`
    "error[MERGE_LAYOUT_UNSUPPORTED]: the elements of tensor arr_0 lie in another order in the file that the result would have
    hint: convert both models to safetensors with "mgit export", where all elements lie in order
    "
  `);
});
