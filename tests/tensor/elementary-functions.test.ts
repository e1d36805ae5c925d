import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arcCosine, cosine, exponential, logarithm, sine } from '../../src/tensor/elementary-functions.ts';

/** Of the engine's own function, which has errors of its own. */
function expectNear(got: number, wanted: number, argument: number): void {
  const limit = Math.abs(wanted) * 2 ** -50 + 2 ** -1074;
  expect(Math.abs(got - wanted), `at ${argument}: ${got}, not ${wanted}`).toBeLessThanOrEqual(limit);
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

test.each([
  ['sine', sine, Math.sin, between(-40, 40)],
  ['cosine', cosine, Math.cos, between(-40, 40)],
  ['arc cosine', arcCosine, Math.acos, between(-1, 1)],
  ['exponential', exponential, Math.exp, between(-800, 800)],
  ['logarithm', logarithm, Math.log, between(2 ** -1022, Number.MAX_VALUE)],
  ['logarithm near one', logarithm, Math.log, between(0.5, 2)],
] as const)('%s has small errors', (_, own, engine, argument) => {
  fc.assert(
    fc.property(argument, x => {
      if (engine(x) !== own(x)) expectNear(own(x), engine(x), x);
    }),
    { numRuns: 2000 },
  );
});

test('exact values', () => {
  expect([sine(0), cosine(0), arcCosine(1), exponential(0), logarithm(1)]).toEqual([0, 1, 0, 1, 0]);
  expect(arcCosine(-1)).toBe(Math.PI);
  expect([exponential(1000), exponential(-1000)]).toEqual([Infinity, 0]);
});

test('the bits are those of version 1', () => {
  const arguments_ = Array.from({ length: 2000 }, (_, i) => (i - 1000) / 64);
  const values = Float64Array.from(
    arguments_.flatMap(x => [
      sine(x),
      cosine(x),
      arcCosine(x / 16),
      exponential(x),
      logarithm(Math.abs(x) + 1 / 64),
    ]),
  );
  const digest = createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
  expect(digest).toMatchInlineSnapshot(`"fefe309a955f760b85a505a2eb5d2438808638ab81468a0aa6884e0ca5b76004"`);
});
