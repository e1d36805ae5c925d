import { expect, test } from 'vitest';
import { mergeInMemory } from '../../testkit/merge-task.ts';

test('sums over more columns than fit into memory are refused before anything is read', async () => {
  const columns = 3 * 2 ** 20;
  const model = new Uint8Array(2 * columns);
  const merge = { method: 'nuslerp', dtype: 'F8_E5M2', shape: [2, columns], models: [model, model] } as const;
  const parameters = { nuslerp_flatten: false, nuslerp_row_wise: true };
  await expect(mergeInMemory({ ...merge, parameters })).rejects.toMatchObject({
    code: 'MERGE_TOO_MANY_COLUMNS',
  });
});
