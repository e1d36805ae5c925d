import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestSet } from '../../src/base/digest-set.ts';
import type { Digest } from '../../src/base/ids.ts';

test('takes each digest once, also where their beginnings are alike', () => {
  const digest = fc
    .tuple(fc.constantFrom('00000000', '00000000', '01000000'), fc.constantFrom('a', 'b', 'c', 'd'))
    .map(([beginning, rest]) => beginning.padEnd(64, rest) as Digest);
  fc.assert(
    fc.property(fc.array(digest), fc.array(digest), (all, others) => {
      const set = digestSet(all);
      const known = new Set(all);
      expect(set.size).toBe(known.size);
      for (const other of others) {
        expect(set.has(other)).toBe(known.has(other));
        expect(set.add(other)).toBe(!known.has(other));
        known.add(other);
      }
    }),
  );
});

test('grows', () => {
  const digests = Array.from(
    { length: 5000 },
    (_, at) => createHash('sha256').update(`${at}`).digest('hex') as Digest,
  );
  const set = digestSet(digests.slice(1));
  expect(digests.map(digest => set.has(digest))).toEqual(digests.map((_, at) => at > 0));
});
