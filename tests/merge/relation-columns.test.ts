import { expect, test } from 'vitest';
import { type Relations, relationColumns } from '../../src/merge/relation-columns.ts';

test('relations come back as they were, of any number of models, and without a base', () => {
  const all: readonly Relations[] = [
    { norms: [1, 2], pairs: [{ cosine: -0.5, signConflicts: 0.25 }] },
    { norms: [], pairs: [] },
    {
      norms: [3, 0, 5],
      pairs: [
        { cosine: null, signConflicts: null },
        { cosine: 1, signConflicts: 0 },
      ],
    },
    { norms: [7], pairs: [] },
  ];
  const columns = relationColumns();
  for (const relations of all) columns.add(relations);
  expect([...columns.table]).toEqual(all);
});
