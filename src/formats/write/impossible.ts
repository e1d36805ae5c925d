import { MgitError } from '../../base/errors.ts';

/** The error of tensors that a format cannot hold exactly. */
export function exportImpossible(format: string, problem: string, hint: string): MgitError {
  return new MgitError('EXPORT_IMPOSSIBLE', `not exactly possible as ${format}: ${problem}`, { hint });
}

/** A tensor's name as errors show it. */
export function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
