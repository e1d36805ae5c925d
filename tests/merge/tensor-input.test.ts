import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkedInput } from '../../src/merge/tensor-input.ts';

test('reads of any place and length give the source, whatever is kept', async () => {
  const length = 9 * 1024 * 1024 + 7;
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) >> 3);
  const place = fc.tuple(fc.nat(length), fc.nat(6 * 1024 * 1024));
  await fc.assert(
    fc.asyncProperty(
      fc.array(place, { maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (places, keep) => {
        const fetch = async (offset: number, count: number) => bytes.subarray(offset, offset + count);
        const input = chunkedInput({ dtype: 'U8', length }, fetch, keep);
        for (const [offset, wanted] of places) {
          const count = Math.min(wanted, length - offset);
          expect(
            Buffer.compare(await input.read(offset, count), bytes.subarray(offset, offset + count)),
          ).toBe(0);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('a source that ends too early gives what there is', async () => {
  const input = chunkedInput({ dtype: 'U8', length: 100 }, async () => new Uint8Array(10));
  expect(await input.read(0, 100)).toHaveLength(10);
});
