import { MgitError } from '../../base/errors.ts';

/** The error of a PyTorch file that contradicts itself. */
export function pytorchInvalid(problem: string): MgitError {
  return new MgitError('PYTORCH_INVALID', `not a valid PyTorch file: ${problem}`, {
    hint: 'copy or download the file again, or save the model as safetensors',
  });
}
