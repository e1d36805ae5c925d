import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteStrings, isSameString, sortedPlaces } from '../../../src/store/manifest/sort-names.ts';

const names = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffee', '\u{10000}'), maxLength: 5 }),
  {
    maxLength: 40,
  },
);

test('the order is that of the bytes', () => {
  fc.assert(
    fc.property(names, texts => {
      const strings = byteStrings(texts, text => text);
      const sorted = [...sortedPlaces(strings)].map(place => texts[place] as string);
      expect(sorted).toEqual(
        texts.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
      );
      for (const [at, text] of texts.entries()) expect(isSameString(strings, 0, at)).toBe(text === texts[0]);
    }),
  );
});

test('strings that differ only far behind take no more stack than others', () => {
  const texts = Array.from({ length: 200 }, (_, at) => `${'x'.repeat(20_000)}${at % 7}`);
  const sorted = [...sortedPlaces(byteStrings(texts, text => text))].map(place => texts[place]?.at(-1));
  expect(sorted).toEqual(sorted.toSorted());
});
