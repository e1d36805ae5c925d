import { MgitError } from '../../../base/errors.ts';

/** The error of a frame that its codec did not write. */
export function frameCorrupt(problem: string, cause?: unknown): MgitError {
  return new MgitError(
    'FRAME_CORRUPT',
    `a frame is damaged: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
