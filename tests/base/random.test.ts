import { expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';

test('the numbers of a seed and label never change', () => {
  const random = createRandom(1, 'golden');
  expect(Array.from({ length: 4 }, random.uint32)).toMatchInlineSnapshot(`
    [
      185401998,
      2569720015,
      3096323696,
      2909806520,
    ]
  `);
});

test('streams of different seeds and labels differ', () => {
  const first = (seed: number, label: string): number => createRandom(seed, label).uint32();
  expect(new Set([first(1, 'a'), first(2, 'a'), first(1, 'b')]).size).toBe(3);
});

test('bounded draws and shuffles are even', () => {
  const random = createRandom(3, 'even');
  const counts = new Uint32Array(7);
  for (let draw = 0; draw < 70_000; draw++) {
    const drawn = random.below(7);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  const places = new Uint32Array(5);
  for (let round = 0; round < 50_000; round++) {
    const items = Uint32Array.of(0, 1, 2, 3, 4);
    random.shuffle(items);
    const place = items.indexOf(0);
    places[place] = (places[place] ?? 0) + 1;
  }
  for (const count of places) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  for (let draw = 0; draw < 1000; draw++) expect(random.unit()).toBeLessThan(1);
});
