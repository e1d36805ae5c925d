import fc from 'fast-check';
import { expect, test } from 'vitest';
import { samplePlaces, samplePlacesOfOneFrame } from '../../../src/store/extents/choose-coding.ts';
import { FRAME_BYTES } from '../../../src/store/packs/limits.ts';

const lengths = fc.integer({ min: 1, max: 8 * FRAME_BYTES });

test('samples lie in the extent, in order', () => {
  fc.assert(
    fc.property(lengths, length => {
      for (const places of [samplePlaces(length), samplePlacesOfOneFrame(length) ?? []]) {
        const offsets = places.map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
        for (const place of places) {
          expect(place.offset % 8).toBe(0);
          expect(place.length).toBeGreaterThan(0);
          expect(place.offset + place.length).toBeLessThanOrEqual(length);
        }
      }
    }),
  );
});

test('of few frames one is sampled, which is a whole one where there is one', () => {
  fc.assert(
    fc.property(lengths, length => {
      const places = samplePlacesOfOneFrame(length) ?? [];
      const frames = new Set(
        places.flatMap(({ offset, length: part }) =>
          [offset, offset + part - 1].map(byte => Math.floor(byte / FRAME_BYTES)),
        ),
      );
      expect(frames.size).toBe(1);
      if (length >= FRAME_BYTES) expect(places.length).toBe(3);
    }),
  );
  expect(samplePlacesOfOneFrame(8 * FRAME_BYTES + 1)).toBeUndefined();
});
