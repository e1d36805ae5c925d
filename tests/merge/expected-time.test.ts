import { expect, test } from 'vitest';
import { expectedSeconds, hashingSeconds } from '../../src/merge/expected-time.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { completeParameters } from '../../src/merge/parameters.ts';

const COMPUTING = METHODS.filter(method => method.kind === 'compute');

test.each(COMPUTING.map(method => [method.name, method] as const))(
  '%s has an expected time',
  async (_, method) => {
    const models = Math.min(2, method.models.maximum);
    const parameters = completeParameters(method, {}, models);
    const like = {
      method,
      parameters,
      dtype: 'BF16',
      models,
      hasBase: method.baseRole === 'origin',
    } as const;
    const seconds = await expectedSeconds([{ ...like, shape: [8, 8] }]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(60);
  },
);

test('nothing takes no time, and a thousand times the work more of it', async () => {
  const [method] = COMPUTING;
  if (!method) throw new Error('there are no methods');
  const like = {
    method,
    parameters: completeParameters(method, {}, 2),
    dtype: 'F32',
    models: 2,
    hasBase: false,
  } as const;
  const few = await expectedSeconds([{ ...like, shape: [1000, 100] }]);
  const many = await expectedSeconds(Array.from({ length: 1000 }, () => ({ ...like, shape: [1000, 100] })));
  expect(await expectedSeconds([])).toBe(0);
  expect(many).toBeGreaterThan(few);
  expect(hashingSeconds(2 ** 40)).toBeGreaterThan(0);
});
