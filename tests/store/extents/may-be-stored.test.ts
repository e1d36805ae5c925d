import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { mayBeStored } from '../../../src/store/extents/may-be-stored.ts';
import { storeParts } from '../../../src/store/store-parts.ts';
import { digestOf } from '../../testkit/layouts.ts';
import {
  addToBytes,
  bytesOf,
  modelFile,
  noise,
  type TestStore,
  testStore,
  weights,
} from '../../testkit/stores.ts';

const LENGTH = 300_000;
const RAW = noise(LENGTH, 1);
const CODED = bytesOf(weights(LENGTH / 4, 2));

/** Guesses about extents of one file, one after the other, in a store that has {@link RAW} and {@link CODED}. */
async function guessing(world: TestStore) {
  for (const [dtype, data] of [
    ['U8', RAW],
    ['F32', CODED],
  ] as const) {
    const shape = [dtype === 'U8' ? LENGTH : LENGTH / 4];
    const { bytes, layout } = modelFile([{ name: 'w', dtype, shape, data }]);
    await world.store.addFile(memoryByteSource(bytes), layout);
    expect((await world.store.describe(digestOf(data)))?.kind).toBe(dtype === 'U8' ? 'raw' : 'planes');
  }
  const parts = storeParts({
    ports: world.ports,
    directory: join(world.path, 'mgit'),
    evaluateRecipe: addToBytes,
  });
  const session = parts.session(0);
  const beginnings = new Set<string>();
  const guess = (data: Uint8Array, base?: Uint8Array): Promise<boolean> => {
    const span = { role: 'tensor' as const, offset: 0, length: data.length };
    const digest: Digest | undefined = base && digestOf(base);
    return mayBeStored(
      { position: 0, span, dtype: undefined, shape: undefined, base: digest },
      {
        source: memoryByteSource(data),
        session,
        beginnings,
        policy: 'auto',
        signal: undefined,
        hashed: () => {},
        stored: () => {},
      },
    );
  };
  return { guess, [Symbol.asyncDispose]: () => parts.local.close() };
}

const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

test('an extent of a length that is not stored, or that begins otherwise than its base, is surely new', async () => {
  await using world = await testStore();
  await using guesses = await guessing(world);
  expect(await guesses.guess(noise(LENGTH + 1, 3))).toBe(false);
  expect(await guesses.guess(changed(RAW, 5), RAW)).toBe(false);
});

test('one may be stored that begins as its base does, or has none, or comes again', async () => {
  await using world = await testStore();
  await using guesses = await guessing(world);
  expect(await guesses.guess(changed(RAW, LENGTH - 1), RAW)).toBe(true);
  expect(await guesses.guess(noise(LENGTH, 4))).toBe(true);
  expect(await guesses.guess(noise(LENGTH, 5), noise(LENGTH, 6))).toBe(true);
  expect(await guesses.guess(noise(LENGTH + 1, 7))).toBe(false);
  expect(await guesses.guess(changed(noise(LENGTH + 1, 7), LENGTH))).toBe(true);
});

test('one that is short enough to be held is hashed sooner than a frame of its base is decoded', async () => {
  await using world = await testStore();
  await using guesses = await guessing(world);
  expect(await guesses.guess(changed(CODED, 5), CODED)).toBe(true);
});
