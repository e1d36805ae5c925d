import { MgitError } from '../../base/errors.ts';

/** The error of a patch file that is damaged, cut off, or none at all. */
export function patchCorrupt(problem: string, cause?: unknown): MgitError {
  return new MgitError('PATCH_CORRUPT', `the patch cannot be read: ${problem}`, {
    hint: 'get the file again; mail must carry it as an attachment, byte for byte',
    ...(cause === undefined ? {} : { cause }),
  });
}
