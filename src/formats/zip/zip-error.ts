import { MgitError } from '../../base/errors.ts';

/** The error of an archive that contradicts itself. */
export function zipInvalid(problem: string): MgitError {
  return new MgitError('ZIP_INVALID', `not a valid zip archive: ${problem}`, {
    hint: 'copy or download the file again, or save the model as safetensors',
  });
}
