import { expect, test } from 'vitest';
import { decodeElements, encodeElements } from '../../testkit/float-elements.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const [ROWS, COLUMNS] = [6, 4];
const zeros = new Array<number>(ROWS * COLUMNS).fill(0);

/** The merged change of a base of zeros. */
async function merge(...models: readonly (readonly number[])[]): Promise<readonly number[]> {
  const encode = (values: readonly number[]): Uint8Array => encodeElements('F64', values);
  const merged = await mergeInMemory({
    method: 'tsv_m',
    dtype: 'F64',
    shape: [ROWS, COLUMNS],
    base: encode(zeros),
    models: models.map(encode),
  });
  return decodeElements('F64', merged);
}

/** The outer product of two of the axes, scaled. */
function axes(row: number, column: number, value: number): readonly number[] {
  return zeros.map((_, at) => (at === row * COLUMNS + column ? value : 0));
}

function plus(left: readonly number[], right: readonly number[]): readonly number[] {
  return left.map((value, at) => value + (right[at] ?? 0));
}

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  for (const [at, value] of got.entries()) expect(value).toBeCloseTo(wanted[at] ?? 0, 12);
}

test('a single change stays as it is', async () => {
  const change = plainNumbers(ROWS * COLUMNS, 1);
  expectClose(await merge(change), change);
});

test('changes along other directions are added, each cut to its share of them', async () => {
  const first = plus(axes(0, 0, 3), axes(1, 1, -2));
  const second = plus(axes(2, 2, 1), axes(3, 3, 0.5));
  expectClose(await merge(plus(first, axes(4, 2, 0.25)), second), plus(first, second));
});

test('of directions that two changes share, neither counts twice', async () => {
  const change = plus(axes(0, 0, 3), axes(1, 1, -2));
  expectClose(await merge(change, change), change);
});

test('with more models than directions, changes are averaged', async () => {
  const models = [1, 2, 3, 4, 5].map(at => axes(0, 0, at));
  expectClose(await merge(...models), axes(0, 0, 3));
});
