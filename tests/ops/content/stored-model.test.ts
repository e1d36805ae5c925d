import { expect, test } from 'vitest';
import { parseRevisionPath } from '../../../src/ops/content/revision-path.ts';
import { openModel, type StoredTensor } from '../../../src/ops/content/stored-model.ts';
import type { ManifestTensor } from '../../../src/store/manifest/manifest.ts';
import { elementsOf } from '../../../src/tensor/view-elements.ts';
import { mergeRepository, modelFile } from '../../testkit/merge-repository.ts';

test('a model of any revision is read from the packs: whole, by tensor, by range', async () => {
  await using scene = await mergeRepository();
  const first = { a: [1, 2, 3], b: [4] };
  await scene.commit({ 'm.safetensors': first });
  await scene.commit({ 'm.safetensors': { a: [9, 9, 9] } });
  await scene.write('m.safetensors', undefined);
  const model = await openModel(scene.repository, 'HEAD~1:m.safetensors');
  const file = await bytesOf(model.slices());
  expect(file).toEqual(Buffer.from(modelFile(first)));
  expect(await bytesOf(model.slices({ range: { offset: 5, length: 90 } }))).toEqual(file.subarray(5, 95));
  expect(model.tensors.map(tensor => tensor.name)).toEqual(['a', 'b']);
  const tensor = model.tensor('a');
  expect(floats(await tensor.read())).toEqual([1, 2, 3]);
  expect(floats(await tensor.read({ range: { offset: 4, length: 8 } }))).toEqual([2, 3]);
  expect(() => tensor.slices({ range: { offset: 8, length: 8 } })).toThrow(
    expect.objectContaining({ code: 'RANGE_INVALID' }),
  );
  expect(() => model.tensor('c')).toThrow(expect.objectContaining({ code: 'TENSOR_UNKNOWN' }));
  expect(floats(await (await openModel(scene.repository, ':m.safetensors')).tensor('a').read())).toEqual([
    9, 9, 9,
  ]);
});

test('what is no model of a revision is refused', async () => {
  await using scene = await mergeRepository();
  await scene.commit({ 'a.txt': 'a\n' });
  const open = (at: string) => openModel(scene.repository, at);
  await expect(open('HEAD:a.txt')).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
  await expect(open('HEAD:b.txt')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
  await expect(open(':b.txt')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
  await expect(open('nosuch:a.txt')).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' });
  await expect(open('HEAD')).rejects.toMatchObject({ code: 'USAGE' });
});

test('a colon in braces belongs to the revision', () => {
  expect(parseRevisionPath('HEAD^{/a:b}:c:d')).toEqual({ revision: 'HEAD^{/a:b}', path: 'c:d' });
  expect(parseRevisionPath(':x')).toEqual({ revision: '', path: 'x' });
});

test('views whose elements lie apart come in order, big ends come last', async () => {
  const extent = { role: 'tensor', offset: 0, length: 12, digest: '' as never } as const;
  const view = { name: 't', dtype: 'I16', offset: 0, extent, byteOrder: 'little' } as const;
  const transposed: ManifestTensor = { ...view, shape: [3, 2], strides: [1, 3] };
  const stored = Buffer.from(Int16Array.of(0, 1, 2, 3, 4, 5).buffer);
  const slices = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
  };
  const read = async (tensor: ManifestTensor, bytes: Buffer): Promise<number[]> => {
    const elements = await bytesOf(elementsOf(tensor, slices(bytes)));
    return [...new Int16Array(new Uint8Array(elements).buffer)];
  };
  expect(await read(transposed, stored)).toEqual([0, 3, 1, 4, 2, 5]);
  const big = Buffer.from(stored).swap16();
  expect(await read({ ...view, shape: [6], byteOrder: 'big' }, big)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await read({ ...transposed, byteOrder: 'big' }, big)).toEqual([0, 3, 1, 4, 2, 5]);
});

async function bytesOf(slices: ReturnType<StoredTensor['slices']>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const slice of slices) parts.push(Buffer.from(slice));
  return Buffer.concat(parts);
}

function floats(bytes: Uint8Array): number[] {
  return [...new Float32Array(new Uint8Array(bytes).buffer)];
}
