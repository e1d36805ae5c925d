import { expect, test } from 'vitest';
import { completeParameters } from '../../src/merge/parameters.ts';
import { computingMethod } from '../testkit/merge-task.ts';

test('a negative zero becomes 0, as it will be in the recipe that the result is recomputed from', () => {
  const given = { weight: [-0, 1], lambda: -0 };
  const { weight, lambda } = completeParameters(computingMethod('task_arithmetic'), given, 2);
  expect(weight).toEqual([0, 1]);
  expect(lambda).toBe(0);
});
