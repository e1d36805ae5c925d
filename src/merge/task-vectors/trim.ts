import { elementCount } from '../../tensor/dtype.ts';
import { isStepwise, numbers } from '../parameters.ts';
import { keepFrom, keepRanked, type RankRange } from './keep-ranked.ts';
import { rescaleByNorm } from './rescale.ts';
import type { Sparsify } from './sparsity.ts';

/** What decides about one change. */
interface Trim {
  readonly density: number;
  readonly gamma: number;
  /** Elements. */
  readonly total: number;
  readonly isStepwise: boolean;
}

/** Keeps the largest elements of each change: trunc(density * elements). */
export const trimSmallest: Sparsify = trimBy(({ density, total }) => ({
  first: 0,
  count: Math.trunc(density * total),
}));

/**
 * Keeps trunc(density * elements) of each change, without the trunc(gamma * elements) largest, or as many of these as the density leaves.
 * Where that is none, mergekit keeps nothing: its slice ends at -0. With `numerics: mergekit` so does this.
 */
export const trimBothEnds: Sparsify = trimBy(({ density, gamma, total, isStepwise: isMergekit }) => {
  const count = Math.trunc(density * total);
  const first = Math.min(Math.trunc(gamma * total), total - count);
  return { first, count: isMergekit && first === 0 ? 0 : count };
});

/** Keeps the elements of each change whose magnitude is its threshold or more. */
export const trimBelow: Sparsify = async (task, vectors) => {
  const selection = await keepFrom(task, vectors, numbers(task.parameters, 'threshold'));
  const round = isStepwise(task.parameters) ? vectors.work.roundNumber : (value: number): number => value;
  return rescaleByNorm(task, vectors, { selection, round });
};

/** With a density of 1, all elements stay. */
function trimBy(rangeOf: (trim: Trim) => RankRange): Sparsify {
  return async (task, vectors) => {
    const total = elementCount(task.shape);
    const isMergekit = isStepwise(task.parameters);
    const gammas = numbers(task.parameters, 'gamma');
    const ranges = numbers(task.parameters, 'density').map((density, model) =>
      density >= 1
        ? { first: 0, count: total }
        : rangeOf({ density, gamma: gammas[model] ?? 0, total, isStepwise: isMergekit }),
    );
    const selection = await keepRanked(task, vectors, ranges);
    const round = isMergekit ? vectors.work.roundNumber : (value: number): number => value;
    return rescaleByNorm(task, vectors, { selection, round });
  };
}
