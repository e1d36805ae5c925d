import { adamw } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

/** All optimisers. */
export const OPTIMIZERS: readonly Optimizer[] = [sgd, adamw];
