import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { referencesOf } from '../../../src/store/extents/references.ts';
import { entriesOf } from '../../../src/store/maintenance/pack-references.ts';
import type { RepackWish } from '../../../src/store/maintenance/recode-all.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { CHAIN_LIMITS } from '../../../src/store/packs/limits.ts';
import { openPackFile } from '../../../src/store/packs/open-pack.ts';
import { storeDirectory } from '../../testkit/aged-store.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { bytesOf, collect, modelFile, type TestStore, testStore, weights } from '../../testkit/stores.ts';

const COUNT = 5000;

/** The values a little further on. */
function moved(values: Float32Array, seed: number, sigma = 1e-5): Float32Array {
  const step = weights(COUNT, seed, sigma);
  return values.map((value, at) => value + (step[at] ?? 0));
}

const digestOfValues = (values: Float32Array): Digest => digestOf(bytesOf(values));

/** Stores a model of one tensor, coded against that of `base`. */
async function addVersion({ store }: TestStore, values: Float32Array, base?: Manifest): Promise<Manifest> {
  const { bytes, layout } = modelFile([{ name: 'w', dtype: 'F32', shape: [COUNT], data: bytesOf(values) }]);
  const { manifest } = await store.addFile(memoryByteSource(bytes), layout, base ? { base } : {});
  return manifest;
}

/** Records on the longest path that a reader could take, whichever it takes of several records of an extent. */
async function deepest({ ports, store }: TestStore): Promise<number> {
  const references = new Map<Digest, Digest[]>();
  for (const id of await store.listPacks()) {
    const pack = await openPackFile(ports.fs, store.packPath(id), id);
    for (const entry of entriesOf(pack))
      references.set(entry.digest, [...(references.get(entry.digest) ?? []), ...referencesOf(entry)]);
    await pack.file.close();
  }
  const depthOf = (digest: Digest): number =>
    Math.max(0, ...(references.get(digest) ?? []).map(base => 1 + depthOf(base)));
  return Math.max(...[...references.keys()].map(depthOf));
}

test('a crash before the old packs go leaves no chain too deep, whichever records readers take', async () => {
  await using world = await testStore();
  const line = [weights(COUNT)];
  const manifests = [await addVersion(world, line[0] as Float32Array)];
  for (let step = 1; step <= CHAIN_LIMITS.depth; step++) {
    line.push(moved(line[step - 1] as Float32Array, step));
    manifests.push(await addVersion(world, line[step] as Float32Array, manifests[step - 1]));
  }
  const [first, seventh] = [line[0], line[7]] as [Float32Array, Float32Array];
  const sibling = moved(seventh, 20, 1e-8);
  const child = moved(sibling, 21, 1e-8);
  await addVersion(world, child, await addVersion(world, sibling, manifests[0]));
  expect(await deepest(world)).toBe(CHAIN_LIMITS.depth);

  const packs = join(storeDirectory(world), 'packs');
  await cp(packs, join(world.path, 'old'), { recursive: true });
  const wish = (values: Float32Array, base: Float32Array): RepackWish => ({
    digest: digestOfValues(values),
    dtype: 'F32',
    bases: [digestOfValues(base)],
  });
  const wishes = [...line.slice(1).map(values => wish(values, first)), wish(sibling, seventh)];
  const times = await world.store.maintenance.packTimes();
  expect((await world.store.maintenance.repack({ times, wishes })).recoded).toBeGreaterThan(0);
  await cp(join(world.path, 'old'), packs, { recursive: true });

  const left = { ...world, store: world.again() };
  expect(await deepest(left)).toBeLessThanOrEqual(CHAIN_LIMITS.depth);
  for (const values of [...line, sibling, child])
    expect(await collect(left.store.read(digestOfValues(values)))).toEqual(Buffer.from(bytesOf(values)));
});
