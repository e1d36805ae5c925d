import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { diffModel } from '../../../src/ops/diff/model-diff.ts';
import { fileVersion, type ModelVersion, storedVersion } from '../../../src/ops/diff/model-version.ts';
import type { TensorStore } from '../../../src/store/tensor-store.ts';
import { f32, safetensorsFile, type TensorWithData } from '../../testkit/safetensors-file.ts';
import { type TestStore, testStore } from '../../testkit/stores.ts';

let home: TestStore;
beforeAll(async () => {
  home = await testStore();
});
afterAll(() => home[Symbol.asyncDispose]());

const tensor = (name: string, ...values: number[]): TensorWithData => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: f32(...values),
});

async function stored(tensors: readonly TensorWithData[], metadata = {}): Promise<ModelVersion> {
  const source = memoryByteSource(safetensorsFile(tensors, metadata));
  const { manifest } = await home.store.addFile(source, await safetensors.parse(source));
  return storedVersion(home.store, manifest);
}

test('added, removed, changed and unchanged tensors are told apart', async () => {
  const before = await stored([tensor('a', 1, 2), tensor('b', 3, 4), tensor('d', 1)]);
  const after = await stored([tensor('a', 1, 2), tensor('c', 5), tensor('d', 1.5)]);
  const diff = await diffModel(before, after);
  expect(diff.unchanged).toBe(1);
  expect(diff.tensors.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    'removed b',
    'added c',
    'changed d',
  ]);
  expect(diff.tensors[2]?.difference).toMatchObject({
    relativeL2: 0.5,
    maxAbs: 0.5,
    changedShare: 1,
    cosine: 1,
  });
});

test('tensors that are equal by digest are not read', async () => {
  const before = await stored([tensor('a', 1, 2), tensor('b', 3)]);
  const after = await stored([tensor('a', 1, 2), tensor('b', 4)]);
  const read: string[] = [];
  const watched = (version: ModelVersion): ModelVersion => ({
    ...version,
    read: (wanted, signal) => {
      read.push(wanted.name);
      return version.read(wanted, signal);
    },
  });
  await diffModel(watched(before), watched(after));
  expect(read).toEqual(['b', 'b']);
});

test('a change of dtype is measured, a change of shape is not', async () => {
  const before = await stored([tensor('a', 1, 2), tensor('b', 3, 4)]);
  const half: TensorWithData = {
    name: 'a',
    dtype: 'F16',
    shape: [2],
    data: new Uint8Array([0, 0x3c, 0, 0x40]),
  };
  const after = await stored([half, { ...tensor('b', 3, 4), shape: [2, 1] }]);
  const [a, b] = (await diffModel(before, after)).tensors;
  expect(a).toMatchObject({
    before: { dtype: 'F32' },
    after: { dtype: 'F16' },
    difference: { changed: null, maxAbs: 0 },
  });
  expect(b).toMatchObject({ after: { shape: [2, 1] }, difference: null });
});

test('a change of metadata alone is a change of the skeleton', async () => {
  const diff = await diffModel(
    await stored([tensor('a', 1)]),
    await stored([tensor('a', 1)], { epoch: '2' }),
  );
  expect(diff).toMatchObject({ tensors: [], unchanged: 1, skeletonChanged: true });
});

test('blocks are the layers, and their norms those of their changed tensors together', async () => {
  const names = ['model.layers.0.q', 'model.layers.0.k', 'model.layers.1.q', 'fc1.weight', 'bias'];
  const before = await stored(names.map(name => tensor(name, 3, 4)));
  const after = await stored(names.map(name => tensor(name, 3, name.endsWith('.q') ? 5 : 4)));
  const { blocks } = await diffModel(before, after);
  expect(blocks.map(block => [block.block, block.changed, block.unchanged, block.relativeL2])).toEqual([
    ['bias', 0, 1, null],
    ['fc1', 0, 1, null],
    ['model.layers.0', 1, 1, 0.2],
    ['model.layers.1', 1, 0, 0.2],
  ]);
});

test('a glob limits what is compared and counted', async () => {
  const before = await stored([tensor('a.w', 1), tensor('b.w', 1)]);
  const after = await stored([tensor('a.w', 2), tensor('b.w', 2)]);
  const diff = await diffModel(before, after, { matches: name => name.startsWith('b.') });
  expect(diff.tensors.map(change => change.name)).toEqual(['b.w']);
});

test('a file of the work tree is read from the file', async () => {
  const before = await stored([tensor('a', 1, 2)]);
  const source = memoryByteSource(safetensorsFile([tensor('a', 1, 4)]));
  const manifest = await home.store.hashFile(source, await safetensors.parse(source));
  const { tensors } = await diffModel(before, fileVersion(source, manifest));
  expect(tensors[0]?.difference).toMatchObject({ maxAbs: 2 });
});

test('a version without the model has every tensor added', async () => {
  const diff = await diffModel(undefined, await stored([tensor('a', 1), tensor('b', 1)]));
  expect(diff.tensors.map(change => change.kind)).toEqual(['added', 'added']);
});

test('a changed tensor whose bytes are not here is an error', async () => {
  const before = await stored([tensor('a', 1)]);
  const after = await stored([tensor('a', 2)]);
  const empty = await testStore();
  await using _ = empty;
  const elsewhere: Pick<TensorStore, 'read' | 'require'> = empty.store;
  await expect(diffModel(storedVersion(elsewhere, before.manifest), after)).rejects.toMatchObject({
    code: 'EXTENT_MISSING',
  });
});
