import type { ComputingMethod } from '../method.ts';

/** What methods have in common that work on task vectors, the changes of one model or several since a base, in more than one pass. */
export const TASK_VECTOR_METHOD = {
  kind: 'compute',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: true,
  needsBase: () => true,
} as const satisfies Partial<ComputingMethod>;
