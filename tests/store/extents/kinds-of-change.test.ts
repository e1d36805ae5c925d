import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { RecordKind } from '../../../src/store/packs/records.ts';
import type { LowRankTensor, PredictedTensor } from '../../../src/store/tensor-store.ts';
import { encodeElements } from '../../testkit/float-elements.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { bytesOf, collect, listOf, modelFile, testStore, weights } from '../../testkit/stores.ts';

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

describe('a merged adapter is found', () => {
  const [left, right] = [weights(ROWS * 8, 5, 0.05), weights(8 * COLUMNS, 6, 0.05)];
  const product = (at: number): number => {
    const [row, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
    let sum = 0;
    for (let k = 0; k < 8; k++) sum += (left[row * 8 + k] ?? 0) * (right[k * COLUMNS + column] ?? 0);
    return sum;
  };
  const rounded = (dtype: Dtype): Float32Array =>
    dtype === 'BF16'
      ? new Float32Array(
          Uint32Array.from(new Uint16Array(dataOf(dtype, BASE).buffer), bits => bits * 0x10000).buffer,
        )
      : BASE;

  test.each([
    ['F32', 0.12],
    ['BF16', 0.2],
  ] as const)('%s, LoRA of rank 8, takes at most %f', async (dtype, most) => {
    const base = rounded(dtype);
    const tuned = base.map((value, at) => value + product(at));
    const { kind, share } = await storedBesideBase(dtype, [ROWS, COLUMNS], { base, tuned });
    expect(kind).toBe('lowRank');
    expect(share).toBeLessThan(most);
  });

  test.each([
    ['F32', 'rows', 0.01],
    ['F32', 'columns', 0.01],
    ['BF16', 'rows', 0.025],
    ['BF16', 'columns', 0.025],
  ] as const)('%s, IA3 along the %s, takes at most %f', async (dtype, axis, most) => {
    const vector = weights(COLUMNS, 7, 0.1).map(value => 1 + value);
    const line = (at: number): number => (axis === 'rows' ? Math.floor(at / COLUMNS) : at % COLUMNS);
    const base = rounded(dtype);
    const tuned = base.map((value, at) => value * (vector[line(at)] ?? 1));
    const { kind, share } = await storedBesideBase(dtype, [ROWS, COLUMNS], { base, tuned });
    expect(kind).toBe('ia3');
    expect(share).toBeLessThan(most);
  });

  test('and nothing else is taken for one', async () => {
    const noise = weights(BASE.length, 2, 1e-3);
    const changes: readonly Float32Array[] = [
      BASE.map((value, at) => value + (noise[at] ?? 0)),
      BASE.map((value, at) => (at === 5 ? Number.NaN : value + product(at))),
      BASE.map(value => value + Number.POSITIVE_INFINITY),
    ];
    for (const tuned of changes) {
      const { kind } = await storedBesideBase('F32', [ROWS, COLUMNS], { base: BASE, tuned });
      expect(['raw', 'planes', 'xor']).toContain(kind);
    }
  });
});

describe('a tensor computed from factors', () => {
  const [left, right] = [weights(ROWS * 8, 5, 0.1), weights(8 * COLUMNS, 6, 0.1)];
  const vector = weights(COLUMNS, 7, 0.1).map(value => 1 + value);

  async function added(dtype: Dtype, tensor: (base: Digest) => PredictedTensor) {
    const home = await testStore();
    const first = home.store.writer();
    const data = dataOf(dtype, BASE);
    const base = await first.addExtent([data], data.length);
    await first.finish();
    const writer = home.store.writer();
    const digest = await writer.addPredicted(tensor(base));
    const again = await writer.addPredicted(tensor(base));
    expect(again).toBe(digest);
    await writer.finish();
    return { home, base, digest };
  }

  const lowRank =
    (dtype: Dtype, isTransposed: boolean) =>
    (base: Digest): PredictedTensor => ({
      type: 'low-rank',
      base,
      dtype,
      rows: ROWS,
      columns: COLUMNS,
      rank: 8,
      scale: 0.1,
      left: { bytes: bytesOf(isTransposed ? turned(left, ROWS, 8) : left), dtype: 'F32', isTransposed },
      right: { bytes: bytesOf(isTransposed ? turned(right, 8, COLUMNS) : right), dtype: 'F32', isTransposed },
    });

  test.each(['F32', 'BF16'] as const)('%s, low-rank, takes what the factors take', async dtype => {
    const { home, base, digest } = await added(dtype, lowRank(dtype, false));
    await using _ = home;
    const info = await home.store.describe(digest);
    expect(info).toMatchObject({ kind: 'lowRank', storedLength: 1 });
    expect(info?.dependsOn).toEqual([base, digestOf(bytesOf(left)), digestOf(bytesOf(right))]);
    expect(await listOf(home.again().verify())).toEqual([]);
    const whole = await collect(home.store.read(digest));
    const range = { offset: 1001, length: 9001 };
    expect((await collect(home.store.read(digest, range))).equals(whole.subarray(1001, 10_002))).toBe(true);
  });

  test('is the same from factors that are stored transposed', async () => {
    const one = await added('BF16', lowRank('BF16', false));
    await using _ = one.home;
    const other = await added('BF16', lowRank('BF16', true));
    await using __ = other.home;
    expect(other.digest).toBe(one.digest);
    expect(await listOf(other.home.again().verify())).toEqual([]);
  });

  test('scaled along its columns or rows', async () => {
    for (const [length, run] of [
      [COLUMNS, 1],
      [ROWS, COLUMNS],
    ] as const) {
      const { home, digest } = await added('F16', base => ({
        type: 'scaling',
        base,
        dtype: 'F16',
        vector: { bytes: bytesOf(vector.subarray(0, length)), dtype: 'F32' },
        run,
      }));
      await using _ = home;
      expect(await home.store.describe(digest)).toMatchObject({ kind: 'ia3', storedLength: 1 });
      expect(await listOf(home.again().verify())).toEqual([]);
    }
  });

  test('needs the packs of its base and of its factors', async () => {
    const { home, base, digest } = await added('BF16', lowRank('BF16', false));
    await using _ = home;
    await using other = await testStore();
    const all = await home.store.packsFor([digest]);
    const ofBase = await home.store.packsFor([base]);
    expect(all).toEqual(expect.arrayContaining([...ofBase]));
    for (const id of ofBase) await other.store.importPack(id, home.store.packPath(id));
    expect(await other.store.missing([digest])).toEqual([digest]);
    for (const id of all.filter(id => !ofBase.includes(id)))
      await other.store.importPack(id, home.store.packPath(id));
    expect(await other.store.missing([digest])).toEqual([]);
    expect(await listOf(other.store.verify())).toEqual([]);
  });

  test('whose factors are too large is stored itself', async () => {
    const wide = (base: Digest): PredictedTensor => ({
      ...(lowRank('BF16', false)(base) as LowRankTensor),
      rank: 1025,
      left: { bytes: new Uint8Array(1025 * ROWS * 4), dtype: 'F32', isTransposed: false },
      right: { bytes: new Uint8Array(1025 * COLUMNS * 4), dtype: 'F32', isTransposed: false },
      scale: 1,
    });
    const { home, base, digest } = await added('BF16', wide);
    await using _ = home;
    expect(digest).toBe(base);
  });
});

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)] ?? 0);
}
