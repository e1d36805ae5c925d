import { expect, test } from 'vitest';
import { seededFor } from '../../../src/merge/task-vectors/seed.ts';
import { decodeElements, encodeElements } from '../../testkit/float-elements.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const [ROWS, COLUMNS] = [100, 400];
const COUNT = ROWS * COLUMNS;

/** Which elements of each of several equal changes are kept, with no rescaling. */
async function keptBy(method: string, parameters: Record<string, number>, values = plainNumbers(COUNT, 3)) {
  const merge = async (model: number): Promise<readonly boolean[]> => {
    const merged = await mergeInMemory({
      method,
      dtype: 'F32',
      shape: [ROWS, COLUMNS],
      base: encodeElements('F32', new Array(COUNT).fill(0)),
      models: [values, values].map(numbers => encodeElements('F32', numbers)),
      parameters: {
        rescale: false,
        normalize: false,
        weight: [0, 1].map(at => Number(at === model)),
        ...parameters,
      },
    });
    return decodeElements('F32', merged).map((value, i) => value !== 0 || values[i] === 0);
  };
  return Promise.all([merge(0), merge(1)]);
}

const ones = new Array<number>(COUNT).fill(1);
const share = (kept: readonly boolean[]): number => kept.filter(Boolean).length / kept.length;

/** Six standard deviations of a share of draws. */
const bound = (probability: number, draws: number): number =>
  6 * Math.sqrt((probability * (1 - probability)) / draws);

test.each(['dare_linear', 'dare_ties'])(
  '%s keeps the share that density says, of each model others',
  async method => {
    const density = 0.3;
    const [first, second] = await keptBy(method, { density }, ones);
    for (const kept of [first, second])
      expect(Math.abs(share(kept) - density)).toBeLessThan(bound(density, COUNT));
    const both = share(first.map((isKept, i) => isKept && (second[i] ?? false)));
    expect(Math.abs(both - density ** 2)).toBeLessThan(bound(density ** 2, COUNT));
    const neighbours = share(first.map((isKept, i) => isKept && (first[i + 1] ?? false)));
    expect(Math.abs(neighbours - density ** 2)).toBeLessThan(bound(density ** 2, COUNT));
  },
);

test('another seed draws other elements, and every tensor has a seed of its own', async () => {
  const [first] = await keptBy('dare_linear', { density: 0.5, seed: 1 }, ones);
  const [second] = await keptBy('dare_linear', { density: 0.5, seed: 2 }, ones);
  expect(Math.abs(share(first.map((isKept, i) => isKept === second[i])) - 0.5)).toBeLessThan(
    bound(0.5, COUNT),
  );
  const seeds = ['a', 'b'].flatMap(name => [0, 1].map(seed => seededFor(name, { seed }).seed));
  expect(new Set(seeds).size).toBe(4);
  expect(seededFor('a', { weight: [1] })).toEqual({ weight: [1] });
});

test.each(['della', 'della_linear'])(
  '%s keeps large elements of a row more often than small ones',
  async method => {
    const ascending = Array.from({ length: COUNT }, (_, i) => 1 + (i % COLUMNS) / COLUMNS);
    const [kept] = await keptBy(method, { density: 0.5, epsilon: 0.4 }, ascending);
    for (const [part, probability] of [0.1 + 0.1, 0.3 + 0.1, 0.5 + 0.1, 0.7 + 0.1].entries()) {
      const quarter = kept.filter((_, i) => Math.floor(((i % COLUMNS) / COLUMNS) * 4) === part);
      expect(Math.abs(share(quarter) - probability)).toBeLessThan(bound(probability, quarter.length));
    }
  },
);

test('della refuses probabilities of 0 and 1 and beyond', async () => {
  await expect(keptBy('della', { density: 0.1, epsilon: 0.1 })).rejects.toMatchObject({
    code: 'MERGE_PARAMETER_INVALID',
  });
});
