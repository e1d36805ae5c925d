import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { CodingPolicy } from '../../../src/store/tensor-store.ts';
import { bytesOf, modelFile, noise, testStore, weights } from '../../testkit/stores.ts';

const MIB = 2 ** 20;
const large = noise(18 * MIB + 3, 1);
const held = noise(6 * MIB, 2);
const floats = bytesOf(weights(2 * MIB, 3));

/** A file with an extent of each way to be added: streamed, held, in runs; some twice. Uses worker threads for its size. */
const model = modelFile([
  { name: 'large', dtype: 'U8', shape: [large.length], data: large },
  ...Array.from({ length: 50 }, (_, at) => ({
    name: `bias.${at}`,
    dtype: 'U8' as const,
    shape: [1000],
    data: noise(1000, at % 7),
  })),
  { name: 'held', dtype: 'U8', shape: [held.length], data: held },
  { name: 'held.copy', dtype: 'U8', shape: [held.length], data: held },
  { name: 'floats', dtype: 'F32', shape: [2 * MIB], data: floats },
  { name: 'large.copy', dtype: 'U8', shape: [large.length], data: large },
]);
const distinct = 1 + 1 + 7 + 1 + 1;

test.each<CodingPolicy>(['auto', 'raw'])(
  'a large file comes back, coded as %s, and is stored once',
  async coding => {
    await using home = await testStore();
    const added = await home.store.addFile(memoryByteSource(model.bytes), model.layout, { coding });
    expect(added.newExtents).toBe(distinct);
    const path = join(home.path, 'out');
    await home.again().restoreFile(added.manifest, path);
    expect((await readFile(path)).equals(model.bytes)).toBe(true);
    const again = await home.store.addFile(memoryByteSource(model.bytes), model.layout, {
      base: added.manifest,
    });
    expect(again).toMatchObject({ newExtents: 0, storedBytes: 0 });
  },
);

test('little memory changes nothing but time', async () => {
  await using home = await testStore({ memoryLimit: 1 });
  const added = await home.store.addFile(memoryByteSource(model.bytes), model.layout);
  const changed = Uint8Array.from(model.bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const next = await home.store.addFile(memoryByteSource(changed), model.layout, { base: added.manifest });
  expect(next.newExtents).toBe(1);
  expect(next.storedBytes).toBeLessThan(MIB);
  const path = join(home.path, 'out');
  await home.store.restoreFile(next.manifest, path);
  expect((await readFile(path)).equals(changed)).toBe(true);
});
