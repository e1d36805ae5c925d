import { describe, expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { RecordKind } from '../../../src/store/packs/records.ts';
import { encodeElements } from '../../testkit/float-elements.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { collect, listOf, modelFile, testStore, weights } from '../../testkit/stores.ts';

type Dtype = 'F32' | 'BF16' | 'F16';

const dataOf = (dtype: Dtype, values: Float32Array): Uint8Array => encodeElements(dtype, [...values]);

interface Stored {
  readonly kind: RecordKind | undefined;
  /** Bytes stored for each byte of the tensor. */
  readonly share: number;
}

/** How a matrix is stored beside its base, checked to come back as a whole, in part and from another store. */
async function storedBesideBase(
  dtype: Dtype,
  shape: readonly number[],
  { base, tuned }: { readonly base: Float32Array; readonly tuned: Float32Array },
): Promise<Stored> {
  await using home = await testStore();
  await using other = await testStore();
  const file = (values: Float32Array) =>
    modelFile([{ name: 'layer.weight', dtype, shape, data: dataOf(dtype, values) }]);
  const before = file(base);
  const { manifest } = await home.store.addFile(memoryByteSource(before.bytes), before.layout);
  const after = file(tuned);
  const result = await home.store.addFile(memoryByteSource(after.bytes), after.layout, { base: manifest });
  const data = Buffer.from(dataOf(dtype, tuned));
  const digest = digestOf(data);
  expect((await collect(home.again().read(digest))).equals(data)).toBe(true);
  const range = { offset: 5003, length: 70_001 };
  expect((await collect(home.store.read(digest, range))).equals(data.subarray(5003, 75_004))).toBe(true);
  for (const id of await home.store.packsFor([digest]))
    await other.store.importPack(id, home.store.packPath(id));
  expect(await other.store.missing([digest])).toEqual([]);
  expect(await listOf(other.store.verify())).toEqual([]);
  const info = await home.store.describe(digest);
  return { kind: info?.kind, share: result.storedBytes / data.length };
}

const ROWS = 512;
const COLUMNS = 768;
const BASE = weights(ROWS * COLUMNS);

describe('a fine-tune of few elements', () => {
  const tuned = (share: number): Float32Array => {
    const [noise, choice] = [weights(BASE.length, 2, 1e-3), weights(BASE.length, 3, 1)];
    // The smallest share of a normal distribution's absolute values, where its density is 0.798.
    return BASE.map(
      (value, at) => value + (Math.abs(choice[at] ?? 0) < share / 0.798 ? (noise[at] ?? 0) : 0),
    );
  };

  test.each([
    ['F32', 0.01, 0.015],
    ['BF16', 0.01, 0.02],
    ['F16', 0.05, 0.1],
  ] as const)('%s, %f of the elements, takes at most %f', async (dtype, changed, most) => {
    const { kind, share } = await storedBesideBase(dtype, [ROWS, COLUMNS], {
      base: BASE,
      tuned: tuned(changed),
    });
    expect(kind).toBe('sparse');
    expect(share).toBeLessThan(most);
  });

  test('of a few rows, which no sample meets, takes what the rows take', async () => {
    const rows = BASE.map((value, at) => (at >= 200 * COLUMNS && at < 204 * COLUMNS ? value + 0.01 : value));
    const { kind, share } = await storedBesideBase('F32', [ROWS, COLUMNS], { base: BASE, tuned: rows });
    expect(kind).toBe('sparse');
    expect(share).toBeLessThan(0.01);
  });
});

describe('a fine-tune of all elements', () => {
  test.each([
    ['BF16', 1e-4, 0.3],
    ['BF16', 1e-5, 0.15],
  ] as const)('%s, by %f, takes at most %f of the bytes', async (dtype, sigma, most) => {
    const noise = weights(BASE.length, 2, sigma);
    const tuned = BASE.map((value, at) => value + (noise[at] ?? 0));
    const { share } = await storedBesideBase(dtype, [ROWS, COLUMNS], { base: BASE, tuned });
    expect(share).toBeLessThan(most);
  });

  test('of the base of BF16 weights at most 69 percent are stored', async () => {
    await using home = await testStore();
    const data = dataOf('BF16', BASE);
    const file = modelFile([{ name: 'layer.weight', dtype: 'BF16', shape: [ROWS, COLUMNS], data }]);
    const { storedBytes } = await home.store.addFile(memoryByteSource(file.bytes), file.layout);
    expect(storedBytes).toBeLessThan(0.69 * data.length);
  });
});
