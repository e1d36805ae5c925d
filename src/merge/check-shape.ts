import { isMgitError, MgitError } from '../base/errors.ts';
import type { ComputingMethod } from './method.ts';

/** A tensor that a method is to merge. */
export interface ShapedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly method: ComputingMethod;
}

/** Refuses, by its name and before anything is read, a tensor that its method cannot merge. Errors: those of the method's `checkShape`. */
export function checkShape({ name, shape, method }: ShapedTensor): void {
  try {
    method.checkShape?.(shape);
  } catch (cause) {
    if (!isMgitError(cause)) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new MgitError(cause.code, `tensor ${name}: ${cause.message}`, { ...hint, cause });
  }
}
