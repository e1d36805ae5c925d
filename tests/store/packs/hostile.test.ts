import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { type Digest, type PackId, parsePackId } from '../../../src/base/ids.ts';
import { encodePackIndex, type NewEntry } from '../../../src/store/packs/encode-index.ts';
import { encodeFooter, PACK_HEADER } from '../../../src/store/packs/pack-frame.ts';
import type { PackEntry } from '../../../src/store/packs/pack-index.ts';
import {
  decodeLowRank,
  decodeScaling,
  encodeLowRank,
  encodeScaling,
  type LowRankParameters,
  type ScalingParameters,
} from '../../../src/store/packs/prediction-parameters.ts';
import { encodeRecipe } from '../../../src/store/packs/recipe-parameters.ts';
import { RECORD_KINDS } from '../../../src/store/packs/records.ts';
import { EXAMPLE_BASE, EXAMPLE_TUNED, examplePack } from '../../testkit/example-pack.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { collect, listOf, type TestStore, testStore } from '../../testkit/stores.ts';

const example = await examplePack();

/** Gives a store a file as the pack of its own footer; false when the store refuses it. */
async function accepts(home: TestStore, bytes: Uint8Array): Promise<boolean> {
  const path = join(home.path, 'received');
  await writeFile(path, bytes);
  const id = Buffer.from(bytes.subarray(-40, -8)).toString('hex').padStart(64, '0') as PackId;
  try {
    await home.store.importPack(id, path);
    return true;
  } catch (error) {
    if (isMgitError(error, 'PACK_CORRUPT')) return false;
    throw error;
  }
}

/** Makes the index's digest fit again after a change. */
function resealed(bytes: Uint8Array): Uint8Array {
  const pack = Buffer.from(bytes);
  const from = Number(pack.readBigUInt64LE(pack.length - 56));
  createHash('sha256')
    .update(pack.subarray(from, pack.length - 56))
    .digest()
    .copy(pack, pack.length - 40);
  return pack;
}

function packOf(entries: readonly NewEntry[], frames: Uint8Array = new Uint8Array()): Uint8Array {
  const index = encodePackIndex(entries);
  const { footer } = encodeFooter(index, PACK_HEADER.length + frames.length);
  return Buffer.concat([PACK_HEADER, frames, index, footer]);
}

describe('a damaged pack', () => {
  test('cut at any byte is refused', async () => {
    await using home = await testStore();
    for (let length = 0; length < example.length; length++)
      expect(await accepts(home, example.subarray(0, length)), `${length}`).toBe(false);
  });

  test('with any bit flipped is refused, or its records are found damaged', async () => {
    for (let at = 0; at < example.length; at++) {
      await using home = await testStore();
      const flipped = Uint8Array.from(example, (byte, index) =>
        index === at ? byte ^ (1 << (at % 8)) : byte,
      );
      if (await accepts(home, flipped)) {
        const problems = await listOf(home.store.verify());
        expect(problems.length, `byte ${at}`).toBeGreaterThan(0);
      }
    }
  });

  test('with any byte of its index forged never yields wrong bytes', async () => {
    for (let at = 0x28; at < 0x110; at++) {
      await using home = await testStore();
      const forged = resealed(Uint8Array.from(example, (byte, index) => (index === at ? byte ^ 0xff : byte)));
      if (!(await accepts(home, forged))) continue;
      for (const bytes of [EXAMPLE_BASE, EXAMPLE_TUNED])
        try {
          expect(await collect(home.store.read(digestOf(bytes)))).toEqual(Buffer.from(bytes));
        } catch (error) {
          if (!isMgitError(error)) throw error;
        }
    }
  });
});

describe('a hostile chain', () => {
  const xor = (digest: Digest, base: Digest): NewEntry => ({
    digest,
    length: 8,
    segmentStart: 0,
    segmentSpan: 8,
    kind: RECORD_KINDS.xor,
    elementSize: 2,
    flags: 0,
    parameters: Buffer.from(base, 'hex'),
    frames: [{ offset: 16, storedLength: 16, rawLength: 8 }],
  });
  const frame = Buffer.concat([Buffer.from([4, 0, 0, 0, 4, 0, 0, 0]), EXAMPLE_BASE]);

  test('that runs in a circle is refused', async () => {
    await using home = await testStore();
    const [one, two] = [digestOf('one'), digestOf('two')];
    expect(await accepts(home, packOf([xor(one, two), xor(two, one)], frame))).toBe(true);
    await expect(collect(home.store.read(one))).rejects.toMatchObject({ code: 'RECORD_TOO_DEEP' });
    expect((await listOf(home.store.verify())).map(problem => problem.code)).toEqual([
      'RECORD_TOO_DEEP',
      'RECORD_TOO_DEEP',
    ]);
  });

  test('whose recipes multiply is refused at once', async () => {
    await using home = await testStore();
    const recipe = (level: number): NewEntry => ({
      digest: digestOf(`level ${level}`),
      length: 2 ** 20,
      segmentStart: 0,
      segmentSpan: 2 ** 20,
      kind: RECORD_KINDS.recipe,
      elementSize: 1,
      flags: 0,
      parameters: encodeRecipe({
        method: 'any',
        kernels: 1,
        dtype: 'U8',
        length: 2 ** 20,
        inputs: Array.from({ length: 3 }, (_, at) => ({
          digest: digestOf(level === 0 ? 'leaf' : `level ${level - 1}`),
          dtype: 'U8',
          length: 2 ** 20 + at,
        })),
        parameters: {},
      }),
      frames: [],
    });
    const levels = Array.from({ length: 12 }, (_, level) => recipe(level));
    expect(await accepts(home, packOf(levels))).toBe(true);
    await expect(collect(home.store.read(digestOf('level 11')))).rejects.toMatchObject({
      code: 'RECORD_TOO_DEEP',
    });
  });
});

describe('hostile predictions', () => {
  const [base, factor] = [digestOf('base'), digestOf('factor')];
  const entry = (kind: number, parameters: Uint8Array): PackEntry => ({
    digest: digestOf('result'),
    length: 48,
    segmentStart: 0,
    segmentSpan: 48,
    firstFrame: 0,
    frameCount: 1,
    kind,
    elementSize: 4,
    flags: 0,
    parameters,
  });
  const low: LowRankParameters = {
    base,
    dtype: 'F32',
    rows: 4,
    columns: 3,
    rank: 2,
    scale: 0.5,
    left: { digest: factor, dtype: 'BF16', isTransposed: false },
    right: { digest: factor, dtype: 'F16', isTransposed: true },
  };
  const scaled: ScalingParameters = {
    base,
    dtype: 'F32',
    run: 3,
    vector: { digest: factor, dtype: 'F32', length: 2 },
  };
  const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
    Uint8Array.from(bytes, (byte, index) => (index === at ? value : byte));

  test('come back as they were written', () => {
    expect(decodeLowRank(entry(RECORD_KINDS.lowRank, encodeLowRank(low)))).toEqual(low);
    expect(decodeScaling(entry(RECORD_KINDS.ia3, encodeScaling(scaled)))).toEqual(scaled);
  });

  test.each([
    [103, 4],
    [104, 5],
    [112, 0],
    [111, 255],
    [120, 0],
    [122, 1],
    [126, 0x80],
  ])('low-rank, byte %i as %i, are refused', (at, value) => {
    const bytes = changed(encodeLowRank({ ...low, scale: Math.fround(3e38) }), at, value);
    expect(() => decodeLowRank(entry(RECORD_KINDS.lowRank, bytes))).toThrow(
      expect.objectContaining({ code: 'PACK_CORRUPT' }),
    );
  });

  test.each([
    [70, 1],
    [72, 0],
    [79, 1],
    [80, 0],
    [80, 5],
    [87, 255],
  ])('IA3, byte %i as %i, are refused', (at, value) => {
    const bytes = changed(encodeScaling(scaled), at, value);
    expect(() => decodeScaling(entry(RECORD_KINDS.ia3, bytes))).toThrow(
      expect.objectContaining({ code: 'PACK_CORRUPT' }),
    );
  });

  test('of other kernels or dtypes are unsupported; of another length, damaged', () => {
    for (const [at, value] of [
      [96, 2],
      [100, 4],
      [101, 0],
    ] as const)
      expect(() =>
        decodeLowRank(entry(RECORD_KINDS.lowRank, changed(encodeLowRank(low), at, value))),
      ).toThrow(expect.objectContaining({ code: 'RECORD_UNSUPPORTED' }));
    for (const bytes of [encodeLowRank(low).subarray(1), new Uint8Array(), new Uint8Array(129)])
      expect(() => decodeLowRank(entry(RECORD_KINDS.lowRank, bytes))).toThrow(
        expect.objectContaining({ code: 'PACK_CORRUPT' }),
      );
  });
});

test('a pack under another name is refused', async () => {
  await using home = await testStore();
  const path = join(home.path, 'received');
  await writeFile(path, example);
  await expect(home.store.importPack(parsePackId('0'.repeat(64)), path)).rejects.toMatchObject({
    code: 'PACK_CORRUPT',
  });
  expect(await readFile(path)).toEqual(Buffer.from(example));
});
