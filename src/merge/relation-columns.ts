import { growingDoubles, growingIntegers } from '../base/growing-columns.ts';
import { type Table, tableOf } from '../base/table.ts';
import type { TensorSurvey } from './survey.ts';

/** How the versions of a tensor relate. */
export type Relations = Pick<TensorSurvey, 'norms' | 'pairs'>;

/** The relations of many tensors, in the order that they came in, held as numbers. */
export interface RelationColumns {
  readonly table: Table<Relations>;
  add(relations: Relations): void;
}

/** No relations yet. */
export function relationColumns(): RelationColumns {
  const ends = growingIntegers();
  const values = growingDoubles();
  const relationsAt = (at: number): Relations => {
    const own = values.values().slice(at === 0 ? 0 : ends.at(at - 1), ends.at(at));
    const models = Math.ceil(own.length / 3); // A norm of each, and two numbers of each but the first.
    const pairs = Array.from({ length: Math.max(0, models - 1) }, (_, pair) => ({
      cosine: numberOrNull(own[models + 2 * pair]),
      signConflicts: numberOrNull(own[models + 2 * pair + 1]),
    }));
    return { norms: [...own.subarray(0, models)], pairs };
  };
  return {
    get table() {
      return tableOf(ends.length, relationsAt);
    },
    add: ({ norms, pairs }) => {
      for (const norm of norms) values.push(norm);
      for (const { cosine, signConflicts } of pairs)
        for (const value of [cosine, signConflicts]) values.push(value ?? Number.NaN);
      ends.push(values.length);
    },
  };
}

function numberOrNull(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}
