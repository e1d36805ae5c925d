import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import type { Recipe } from '../../src/store/packs/records.ts';
import { digestOf } from '../testkit/layouts.ts';
import { bytesOf, collect, listOf, modelFile, noise, testStore, weights } from '../testkit/stores.ts';

const BASE = weights(40_000);
const TUNED = BASE.map(value => value + 1e-6 * Math.sin(value * 1e6));

const model = (data: Float32Array) =>
  modelFile([
    { name: 'encoder.weight', dtype: 'F32', shape: [data.length], data: bytesOf(data) },
    { name: 'mask', dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
    { name: 'noise', dtype: 'U8', shape: [10_000], data: noise(10_000) },
    { name: 'nothing', dtype: 'F32', shape: [0, 4], data: new Uint8Array() },
    { name: 'noise.copy', dtype: 'U8', shape: [10_000], data: noise(10_000) },
  ]);

describe('files', () => {
  test('come back byte for byte, from this process and from the next', async () => {
    await using home = await testStore();
    const file = model(BASE);
    const { manifest, newExtents } = await home.store.addFile(memoryByteSource(file.bytes), file.layout);
    expect(newExtents).toBe(4);
    const path = join(home.path, 'out', 'model.bin');
    for (const store of [home.store, home.again()]) {
      await store.restoreFile(manifest, path);
      expect((await readFile(path)).equals(file.bytes)).toBe(true);
    }
  });

  test('are not stored twice', async () => {
    await using home = await testStore();
    const file = model(BASE);
    const first = await home.store.addFile(memoryByteSource(file.bytes), file.layout);
    const { manifest, ...added } = await home.again().addFile(memoryByteSource(file.bytes), file.layout);
    expect(added).toEqual({ newExtents: 0, newBytes: 0, storedBytes: 0 });
    expect(manifest.text).toEqual(first.manifest.text);
    expect(await home.store.listPacks()).toHaveLength(1);
    const hashed = await home.store.hashFile(memoryByteSource(file.bytes), file.layout);
    expect(hashed.text).toEqual(first.manifest.text);
  });

  test('a fine-tune is an XOR against its base, which its packs then need', async () => {
    await using home = await testStore();
    const file = model(BASE);
    const { manifest: base } = await home.store.addFile(memoryByteSource(file.bytes), file.layout);
    const tuned = model(TUNED);
    const result = await home.store.addFile(memoryByteSource(tuned.bytes), tuned.layout, { base });
    expect(result.newExtents).toBe(1);
    expect(result.storedBytes).toBeLessThan(0.6 * result.newBytes);
    const digest = digestOf(bytesOf(TUNED));
    expect(await home.store.describe(digest)).toMatchObject({
      kind: 'xor',
      dependsOn: [digestOf(bytesOf(BASE))],
    });
    expect(await home.store.packsFor([digest])).toHaveLength(2);
    expect(await collect(home.store.read(digest))).toEqual(Buffer.from(bytesOf(TUNED)));
    const range = { offset: 1001, length: 3003 };
    expect(await collect(home.store.read(digest, range))).toEqual(
      Buffer.from(bytesOf(TUNED)).subarray(1001, 4004),
    );
  });
});

describe('records', () => {
  const recipe = (input: Uint8Array, add: number): Recipe => ({
    method: 'add-to-bytes',
    kernels: 1,
    dtype: 'U8',
    length: input.length,
    inputs: [{ digest: digestOf(input), dtype: 'U8', length: input.length }],
    parameters: { add },
  });

  test('a recipe is recomputed and verified', async () => {
    await using home = await testStore();
    const input = noise(5000);
    const output = input.map(byte => byte + 3);
    const writer = home.store.writer();
    expect(await writer.addExtent([input.subarray(0, 7), input.subarray(7)], input.length)).toBe(
      digestOf(input),
    );
    await writer.finish();
    const merge = home.store.writer();
    await merge.addRecipe(digestOf(output), recipe(input, 3));
    await merge.addRecipe(digestOf('wrong'), recipe(input, 4));
    await merge.finish();
    expect(await collect(home.store.read(digestOf(output)))).toEqual(Buffer.from(output));
    expect(await collect(home.store.read(digestOf(output), { offset: 1500, length: 2 }))).toHaveLength(2);
    await expect(collect(home.store.read(digestOf('wrong')))).rejects.toMatchObject({
      code: 'EXTENT_CORRUPT',
    });
    const problems = await listOf(home.store.verify());
    expect(problems.map(problem => problem.digest)).toEqual([digestOf('wrong')]);
  });

  test('span packs', async () => {
    await using home = await testStore({ packBytes: 9 * 1024 * 1024 });
    const bytes = noise(20 * 1024 * 1024 + 5);
    const writer = home.store.writer({ coding: 'raw' });
    const digest = await writer.addExtent([bytes], bytes.length);
    expect((await writer.finish()).length).toBe(3);
    expect((await collect(home.again().read(digest))).equals(bytes)).toBe(true);
    const across = { offset: 8 * 1024 * 1024 - 3, length: 8 };
    expect(await collect(home.store.read(digest, across))).toEqual(
      Buffer.from(bytes).subarray(across.offset, across.offset + 8),
    );
  });

  test('move between stores as packs', async () => {
    await using one = await testStore();
    await using other = await testStore();
    const file = model(BASE);
    const { manifest } = await one.store.addFile(memoryByteSource(file.bytes), file.layout);
    const digests = manifest.extents.map(extent => extent.digest);
    expect(await other.store.missing(digests)).toHaveLength(4);
    for (const id of await one.store.packsFor(digests))
      await other.store.importPack(id, one.store.packPath(id));
    expect(await other.store.missing(digests)).toEqual([]);
    expect(await listOf(other.store.verify())).toEqual([]);
  });

  test('of another process are seen when they are missed', async () => {
    await using home = await testStore();
    const bytes = noise(100);
    expect(await home.store.has(digestOf(bytes))).toBe(false);
    const writer = home.again().writer();
    await writer.addExtent([bytes], bytes.length);
    await writer.finish();
    expect(await home.store.has(digestOf(bytes))).toBe(true);
  });

  test('that are absent are named', async () => {
    await using home = await testStore();
    await expect(collect(home.store.read(digestOf('absent')))).rejects.toMatchObject({
      code: 'EXTENT_MISSING',
    });
    await expect(home.store.packsFor([digestOf('absent')])).rejects.toMatchObject({ code: 'EXTENT_MISSING' });
  });
});
