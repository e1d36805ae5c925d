import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TensorView } from '../../src/formats/checkpoint.ts';
import { coverFile } from '../../src/formats/cover-file.ts';
import { coverageGap } from '../../src/store/manifest/coverage.ts';
import { findPosition } from '../../src/store/manifest/find-extent.ts';
import { spanColumns } from '../../src/store/manifest/span-columns.ts';

const view = (offset: number, length: number): TensorView => ({
  name: `${offset}+${length}`,
  dtype: 'U8',
  shape: [length],
  offset,
  byteOrder: 'little',
});

test('tensors lie in extents of their own, those that share bytes in one, and the rest is skeleton', () => {
  expect(coverFile(100, [view(60, 10), view(10, 20), view(25, 10), view(30, 5), view(70, 5)])).toEqual([
    { role: 'skeleton', offset: 0, length: 10 },
    { role: 'tensor', offset: 10, length: 25 },
    { role: 'skeleton', offset: 35, length: 25 },
    { role: 'tensor', offset: 60, length: 10 },
    { role: 'tensor', offset: 70, length: 5 },
    { role: 'skeleton', offset: 75, length: 25 },
  ]);
});

test('a tensor outside the file is an error that names it', () => {
  expect(() => coverFile(10, [view(5, 6)])).toThrow('tensor "5+6" needs 6 bytes at 5, but the file has 10');
});

test('whatever the views, the extents cover the file once and hold each of them', () => {
  const views = fc.array(fc.tuple(fc.nat(50), fc.nat(12)), { maxLength: 12 });
  fc.assert(
    fc.property(views, pairs => {
      const all = pairs.map(([offset, length]) => view(offset, length));
      const extents = coverFile(64, all);
      const spans = spanColumns(extents);
      expect(coverageGap(spans, 64)).toBeUndefined();
      for (const { offset, shape } of all) expect(findPosition(spans, offset, shape[0] ?? 0)).toBeDefined();
    }),
  );
});
