import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstWhere } from '../../src/base/first-where.ts';

test('the border between false and true is found, also at either end and among none', () => {
  const numbers = fc.array(fc.nat(20)).map(values => values.sort((left, right) => left - right));
  fc.assert(
    fc.property(numbers, fc.nat(21), fc.nat(5), (sorted, wanted, from) => {
      const to = Math.max(from, sorted.length);
      const expected = sorted.findIndex((value, at) => at >= from && value >= wanted);
      const found = firstWhere({ from, to }, at => (sorted[at] ?? Number.POSITIVE_INFINITY) >= wanted);
      expect(found).toBe(expected === -1 ? to : expected);
    }),
  );
});
