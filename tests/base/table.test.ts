import { expect, test } from 'vitest';
import { type Table, tableOf } from '../../src/base/table.ts';

const ARRAY = [3, 1, 4, 1, 5];

test('a table answers as an array does', () => {
  const table: Table<number> = tableOf(ARRAY.length, at => ARRAY[at] as number);
  const answers = (rows: Table<number>): readonly unknown[] => [
    rows.length,
    [...rows],
    [-6, -5, -1, 0, 4, 5].map(at => rows.at(at)),
    rows.every((row, at) => row > 0 && at < 5),
    rows.every(row => row > 1),
    rows.some(row => row === 4),
    rows.some(row => row > 5),
    rows.find((row, at) => row === 1 && at > 1),
    rows.find(row => row > 5),
    rows.filter((row, at) => row > at),
    rows.map((row, at) => row * at),
  ];
  expect(answers(table)).toEqual(answers(ARRAY));
});

test('a row is made only when it is asked for', () => {
  const made: number[] = [];
  const table = tableOf(1000, at => made.push(at));
  expect(table.at(7)).toBe(1);
  expect(table.some((_, at) => at === 1)).toBe(true);
  expect(made).toEqual([7, 0, 1]);
});
