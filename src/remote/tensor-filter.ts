import { globMatcher } from '../base/globs.ts';
import type { TensorFilter } from './digests-of-commits.ts';
import { NO_TENSORS } from './promisor.ts';

/** The tensors that a filter names: a glob, or `none`. */
export function tensorFilter(filter: string): TensorFilter {
  return filter === NO_TENSORS ? () => false : globMatcher(filter);
}
