import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedBootstrap } from '../../../src/eval/statistics/bootstrap.ts';
import { normalQuantile, studentQuantile } from '../../../src/eval/statistics/distributions.ts';
import { holmAdjusted } from '../../../src/eval/statistics/holm.ts';
import { mcNemar } from '../../../src/eval/statistics/mcnemar.ts';
import { pairedT } from '../../../src/eval/statistics/paired-t.ts';
import {
  minimumDetectableEffect,
  pairsForMargin,
  smallestProportionMargin,
} from '../../../src/eval/statistics/power.ts';
import { seededBelow } from '../../../src/eval/statistics/random.ts';
import { tangoInterval, tangoStatistic } from '../../../src/eval/statistics/tango.ts';
import { wilsonInterval } from '../../../src/eval/statistics/wilson.ts';

/** One-sided confidence of each bound of a two-sided interval. */
const SIDES_OF_95 = 0.975;

test('quantiles are those of the tables', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6);
  expect(studentQuantile(0.95, 2)).toBeCloseTo(2.919986, 5);
});

test('Wilson: 81 of 263 and 0 of 20, Newcombe 1998, Statistics in Medicine 17:857, table I', () => {
  const interval = wilsonInterval(81, 263, SIDES_OF_95);
  expect(interval.lower).toBeCloseTo(0.2553, 4);
  expect(interval.upper).toBeCloseTo(0.3662, 4);
  expect(wilsonInterval(0, 20, SIDES_OF_95).upper).toBeCloseTo(0.1611, 4);
});

describe('Tango', () => {
  test('airway reactivity (1, 1, 7, 12), Fagerland, Lydersen, Laake 2014', () => {
    const interval = tangoInterval({ gained: 1, lost: 7, n: 21 }, SIDES_OF_95);
    expect(interval.lower).toBeCloseTo(-0.517, 3);
    expect(interval.upper).toBeCloseTo(-0.026, 3);
  });

  test('without discordant pairs the bounds are those of the closed form', () => {
    const z2 = normalQuantile(0.95) ** 2;
    const interval = tangoInterval({ gained: 0, lost: 0, n: 100 }, 0.95);
    expect(interval.lower).toBeCloseTo(-z2 / (100 + z2), 12);
    expect(interval.upper).toBeCloseTo(z2 / (100 + z2), 12);
  });

  test('at zero it is McNemar, and exchanging the models mirrors it', () => {
    const counts = fc
      .record({ gained: fc.nat(60), lost: fc.nat(60), agreed: fc.nat(500) })
      .filter(({ gained, lost, agreed }) => gained + lost > 0 && agreed > 0)
      .map(({ gained, lost, agreed }) => ({ gained, lost, n: gained + lost + agreed }));
    fc.assert(
      fc.property(counts, value => {
        const { gained, lost, n } = value;
        expect(tangoStatistic(value, 0)).toBeCloseTo((gained - lost) / Math.sqrt(gained + lost), 9);
        const forth = tangoInterval(value, 0.95);
        const back = tangoInterval({ gained: lost, lost: gained, n }, 0.95);
        expect(forth.lower).toBeCloseTo(-back.upper, 9);
        expect(forth.lower).toBeLessThanOrEqual(forth.estimate);
        expect(forth.upper).toBeGreaterThanOrEqual(forth.estimate);
      }),
    );
  });
});

test('McNemar: exact 0.0703 and mid-p 0.0391 for 1 against 7, Fagerland 2013; 0.0129 for 12 against 2, Armitage', () => {
  const airway = mcNemar({ gained: 1, lost: 7, n: 21 });
  expect(airway.exact).toBeCloseTo(0.0703, 4);
  expect(airway.midP).toBeCloseTo(0.0391, 4);
  expect(mcNemar({ gained: 12, lost: 2, n: 50 }).exact).toBeCloseTo(0.0129, 4);
  expect(mcNemar({ gained: 0, lost: 0, n: 50 }).midP).toBe(1);
});

test("paired t: Student's sleep data, extra hours 1.58 +- 0.389, t = 4.0621, p = 0.002833 two-sided", () => {
  const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
  const result = pairedT(differences, SIDES_OF_95);
  expect(result.estimate).toBeCloseTo(1.58, 10);
  expect(result.lower).toBeCloseTo(0.7001142, 6);
  expect(result.upper).toBeCloseTo(2.4598858, 6);
  expect(2 * result.pGreater).toBeCloseTo(0.002833, 6);
});

test('bootstrap: deterministic, and near the normal interval for many items', () => {
  const draw = seededBelow(7, 1000);
  const differences = Array.from({ length: 2000 }, () => draw() / 1000 - 0.45);
  const result = pairedBootstrap(differences, 0.95, 3);
  expect(pairedBootstrap(differences, 0.95, 3)).toEqual(result);
  const half = normalQuantile(0.95) * result.standardError;
  expect(result.lower).toBeCloseTo(result.estimate - half, 3);
  expect(result.upper).toBeCloseTo(result.estimate + half, 3);
});

test('Holm: 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02', () => {
  const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries())
    expect(adjusted[index]).toBeCloseTo(expected, 12);
});

test('power: the margin that n pairs can resolve, and the effect found with 80 % power', () => {
  const n = pairsForMargin(0.005, 0.95);
  expect(n).toBe(539);
  expect(smallestProportionMargin(n, 0.95)).toBeLessThanOrEqual(0.005);
  expect(smallestProportionMargin(n - 1, 0.95)).toBeGreaterThan(0.005);
  expect(minimumDetectableEffect(1, 0.975)).toBeCloseTo(2.8016, 4);
});

test('the seeded generator covers its range evenly', () => {
  const draw = seededBelow(1, 10);
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const value = draw();
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
