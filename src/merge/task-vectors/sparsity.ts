import type { MethodTask } from '../method.ts';
import type { Slice } from '../slices.ts';
import type { Vectors } from '../vectors.ts';

/** Which elements of task vectors stay; the others are made 0. */
export interface Sparsity extends Disposable {
  /** What each vector is multiplied by, to make up for the elements that are gone. */
  readonly factors: readonly number[];
  /** Begins a pass over the tensor: slices come in their order from now on. */
  begin(): void;
  /** Looks ahead, before the slice is loaded, where that takes reading more. */
  prepare?(slice: Slice): Promise<void>;
  /** Makes elements of the slice that is loaded 0. */
  apply(slice: Slice): void;
}

/** Decides which elements stay, in passes over the vectors where it needs to measure. */
export type Sparsify = (task: MethodTask, vectors: Vectors) => Promise<Sparsity>;
