import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameTable } from '../../src/base/name-table.ts';

test('holds each name at its place, and no other', () => {
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 40 });
  fc.assert(
    fc.property(names, fc.string({ unit: 'grapheme', maxLength: 6 }), (all, other) => {
      const table = nameTable();
      for (const name of all) {
        expect(table.has(name)).toBe(false);
        table.add(name);
      }
      expect(all.map((_, at) => table.nameAt(at))).toEqual(all);
      expect(all.every(name => table.has(name))).toBe(true);
      expect(table.has(other)).toBe(all.includes(other));
    }),
  );
});

test('grows beyond its first places, and takes names longer than a chunk', () => {
  const table = nameTable();
  const names = Array.from({ length: 5000 }, (_, at) =>
    at % 1000 === 7 ? `${at}`.repeat(400_000) : `name ${at}`,
  );
  for (const name of names) table.add(name);
  expect(names.every((name, at) => table.has(name) && table.nameAt(at) === name)).toBe(true);
  expect(table.has('name 5000')).toBe(false);
});
