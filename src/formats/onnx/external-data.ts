import type { ByteSource, CheckpointLayout, TensorView } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { onnx } from './format.ts';

/**
 * The layout of a file that holds the external data of an ONNX model: the model says which tensors it has, and where. Undefined where it says nothing of a file `name` in its own folder. Errors:
 * `ONNX_INVALID`, `ONNX_TOO_DEEP`; `VIEW_OUTSIDE_FILE` where the file is too short.
 */
export async function externalLayout(
  model: ByteSource,
  { name, size }: { readonly name: string; readonly size: number },
): Promise<CheckpointLayout | undefined> {
  const tensors: TensorView[] = [];
  for (const tensor of (await onnx.encoded?.(model)) ?? []) {
    const { external, span: _span, ...view } = tensor;
    if (external?.file === name) tensors.push({ ...view, offset: external.offset });
  }
  return tensors.length === 0
    ? undefined
    : { format: 'onnx-data', size, extents: coverFile(size, tensors), tensors };
}
