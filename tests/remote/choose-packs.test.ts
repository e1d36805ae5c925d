import { expect, test } from 'vitest';
import { type Digest, parseDigest, parsePackId } from '../../src/base/ids.ts';
import { choosePacks, type IndexedPack } from '../../src/remote/choose-packs.ts';
import type { PackEntry, PackIndex } from '../../src/store/packs/pack-index.ts';

const digest = (digit: string): Digest => parseDigest(digit.repeat(64));
const [a, b, c] = [digest('a'), digest('b'), digest('c')];

/** A pack of whole extents of 10 bytes, or of the given parts of one. */
function pack(
  digit: string,
  size: number,
  held: readonly (Digest | [Digest, number, number])[],
): IndexedPack {
  const entries = new Map(
    held.map(item => {
      const [id, segmentStart, segmentSpan] = typeof item === 'string' ? [item, 0, 10] : item;
      return [id, { digest: id, length: 10, segmentStart, segmentSpan } as PackEntry];
    }),
  );
  const id = parsePackId(digit.repeat(64));
  const index: Pick<PackIndex, 'find'> = { find: wanted => entries.get(wanted) };
  return { pointer: { id, oid: digest('0'), size }, index: index as PackIndex };
}

const sizes = (digests: readonly Digest[], packs: readonly IndexedPack[]) =>
  choosePacks(digests, packs).map(pointer => pointer.size);

test('the smallest pack that holds an extent', () => {
  expect(sizes([a], [pack('1', 300, [a, b]), pack('2', 100, [a])])).toEqual([100]);
});

test('a pack that is needed anyway, before another one', () => {
  expect(sizes([b, a], [pack('1', 300, [a, b]), pack('2', 100, [a])])).toEqual([300]);
});

test('all parts of an extent that is nowhere whole', () => {
  expect(sizes([a], [pack('1', 1, [[a, 0, 4]]), pack('2', 2, [[a, 4, 6]]), pack('3', 3, [b])])).toEqual([
    1, 2,
  ]);
});

test('what no pack holds asks for none', () => {
  expect(sizes([c], [pack('1', 1, [a])])).toEqual([]);
});
