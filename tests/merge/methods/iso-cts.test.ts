import { expect, test } from 'vitest';
import type { JsonValue } from '../../../src/base/canonical-json.ts';
import { decodeElements, encodeElements } from '../../testkit/float-elements.ts';
import { matrixOf, singularTriples } from '../../testkit/merge-references/singular-values.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const SHAPE = [6, 9];
const COUNT = 54;

/** The merged change of a base of zeros. */
async function merge(
  method: string,
  models: readonly (readonly number[])[],
  {
    parameters = {},
    shape = SHAPE,
  }: { readonly parameters?: { readonly [key: string]: JsonValue }; readonly shape?: readonly number[] } = {},
): Promise<readonly number[]> {
  const encode = (values: readonly number[]): Uint8Array => encodeElements('F64', values);
  const merged = await mergeInMemory({
    method,
    dtype: 'F64',
    shape,
    base: encode(new Array<number>(COUNT).fill(0)),
    models: models.map(encode),
    parameters,
  });
  return decodeElements('F64', merged);
}

const models = [1, 2, 3].map(seed => plainNumbers(COUNT, seed));

test('the change has one singular value, in as many directions as the matrix has', async () => {
  const triples = singularTriples(matrixOf(await merge('iso_cts', models), SHAPE));
  expect(triples).toHaveLength(6);
  for (const { value } of triples) expect(value / (triples[0]?.value ?? 0)).toBeCloseTo(1, 10);
});

test('when all directions are common, it is iso_c', async () => {
  const parameters = { common_space_fraction: 1 };
  const wanted = await merge('iso_c', models);
  for (const [at, value] of (await merge('iso_cts', models, { parameters })).entries())
    expect(value).toBeCloseTo(wanted[at] ?? 0, 10);
});

test.each([
  ['wide', SHAPE],
  ['tall', [9, 6]],
])(
  'in a %s matrix, a task keeps a direction that it alone has, however small beside the sum',
  async (_, shape) => {
    const [, columns = 0] = shape;
    const place = (row: number, column: number, value: number): readonly number[] =>
      Array.from({ length: COUNT }, (_, at) => (at === row * columns + column ? value : 0));
    const both = (one: readonly number[], other: readonly number[]): readonly number[] =>
      one.map((value, at) => value + (other[at] ?? 0));
    const large = [0, 1, 2, 3].map(at => place(at, at, 8)).reduce(both);
    const tasks = [both(large, place(4, 5, 0.5)), both(large, place(5, 4, 0.25))];
    const merged = await merge('iso_cts', tasks, { parameters: { common_space_fraction: 0.67 }, shape });
    const mean = (4 * 16 + 0.5 + 0.25) / 6;
    for (const at of [0, 4 * columns + 5, 5 * columns + 4]) expect(merged[at]).toBeCloseTo(mean, 12);
  },
);

test('rounding noise beside the common directions is no direction of a task', async () => {
  const left = plainNumbers(6, 7);
  const right = plainNumbers(9, 8);
  const change = left.flatMap(x => right.map(y => x * y));
  const merged = await merge('iso_cts', [change, change.map(value => value / 3)]);
  expect(singularTriples(matrixOf(merged, SHAPE))).toHaveLength(1);
});
