import { MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import type { ByteSource, CheckpointLayout, TensorView } from '../../formats/checkpoint.ts';
import { detectFormat } from '../../formats/registry.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ParameterSpec } from '../architectures/architecture.ts';
import { sameShape } from '../graph/shapes.ts';
import type { FloatTensor } from '../runtime/messages.ts';
import { widenElements } from './elements.ts';

/** The tensors that an architecture needs, as float32, by their names in the file. */
export type Weights = ReadonlyMap<string, FloatTensor>;

/**
 * Reads the tensors of a model file that the parameters name. Tensors that the architecture does not know are left alone.
 * Errors: `TENSOR_MISSING`, `TENSOR_SHAPE` and `TENSOR_DTYPE`, which name the tensor; those of the format's reader.
 */
export async function loadWeights(
  fs: FileSystem,
  path: string,
  parameters: readonly ParameterSpec[],
): Promise<Weights> {
  await using source = await openByteSource(fs, path);
  const layout = await (await detectFormat(source)).parse(source);
  const weights = new Map<string, FloatTensor>();
  for (const parameter of parameters) {
    const view = findTensor(layout, parameter, path);
    weights.set(parameter.name, { shape: parameter.shape, data: await readFloats(source, view) });
  }
  await source.checkUnchanged();
  return weights;
}

/** The view of a parameter in a file. Errors: `TENSOR_MISSING`, `TENSOR_SHAPE`. */
export function findTensor(layout: CheckpointLayout, parameter: ParameterSpec, path: string): TensorView {
  const view = layout.tensors.find(tensor => tensor.name === parameter.name);
  if (view === undefined)
    throw new MgitError(
      'TENSOR_MISSING',
      `${path} has no tensor ${parameter.name}, which its config asks for`,
      {
        hint: 'correct `parameters` or `prefix` in the config so that names match those in the file',
        details: { tensor: parameter.name },
      },
    );
  if (!sameShape(view.shape, parameter.shape))
    throw new MgitError(
      'TENSOR_SHAPE',
      `tensor ${view.name} has shape [${view.shape}] in ${path}, its config asks for [${parameter.shape}]`,
      { hint: 'correct the config, or use the file that belongs to it', details: { tensor: view.name } },
    );
  return view;
}

async function readFloats(source: ByteSource, view: TensorView): Promise<Float32Array<ArrayBuffer>> {
  if (view.strides !== undefined || view.byteOrder !== 'little')
    throw new MgitError('TENSOR_LAYOUT', `tensor ${view.name} is not dense and little-endian`, {
      hint: 'save the model as safetensors',
    });
  const bytes = await source.read(view.offset, byteLength(view.dtype, view.shape));
  return widenElements(bytes, view, await loadKernels());
}
