import { MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type OpenModel, type OpenTensor, openModel } from '../../formats/open-model.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ParameterSpec } from '../architectures/architecture.ts';
import { sameShape } from '../graph/shapes.ts';
import type { FloatTensor } from '../runtime/messages.ts';
import { widenElements } from './elements.ts';

/** The tensors that an architecture needs, as float32, by their names in the file. */
export type Weights = ReadonlyMap<string, FloatTensor>;

/**
 * Reads the tensors of a model, single or sharded, that the parameters name. Tensors that the architecture does not know are left alone.
 * Errors: `TENSOR_MISSING`, `TENSOR_SHAPE` and `TENSOR_DTYPE`, which name the tensor; those of the format's reader.
 */
export async function loadWeights(
  fs: FileSystem,
  path: string,
  parameters: readonly ParameterSpec[],
): Promise<Weights> {
  await using model = await openModel(fs, path);
  const weights = new Map<string, FloatTensor>();
  for (const parameter of parameters) {
    const tensor = findTensor(model, parameter, path);
    weights.set(parameter.name, { shape: parameter.shape, data: await readFloats(tensor) });
  }
  await model.checkUnchanged();
  return weights;
}

/** A parameter's tensor. Errors: `TENSOR_MISSING`, `TENSOR_SHAPE`. */
function findTensor(model: OpenModel, parameter: ParameterSpec, path: string): OpenTensor {
  const tensor = model.tensors.get(parameter.name);
  if (tensor === undefined)
    throw new MgitError(
      'TENSOR_MISSING',
      `${path} has no tensor ${parameter.name}, which its config asks for`,
      {
        hint: 'correct `parameters` or `prefix` in the config so that names match those in the file',
        details: { tensor: parameter.name },
      },
    );
  const { view } = tensor;
  if (!sameShape(view.shape, parameter.shape))
    throw new MgitError(
      'TENSOR_SHAPE',
      `tensor ${view.name} has shape [${view.shape}] in ${path}, its config asks for [${parameter.shape}]`,
      { hint: 'correct the config, or use the file that belongs to it', details: { tensor: view.name } },
    );
  return tensor;
}

async function readFloats({ file, view }: OpenTensor): Promise<Float32Array<ArrayBuffer>> {
  if (view.strides !== undefined || view.byteOrder !== 'little')
    throw new MgitError('TENSOR_LAYOUT', `tensor ${view.name} is not dense and little-endian`, {
      hint: 'save the model as safetensors',
    });
  const bytes = await file.source.read(view.offset, byteLength(view.dtype, view.shape));
  return widenElements(bytes, view, await loadKernels());
}
