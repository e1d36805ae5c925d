import type { FileSystem } from '../../base/ports/file-system.ts';
import { createRandom } from '../../base/random.ts';
import { writeSafetensorsHeader } from '../../formats/safetensors/write-header.ts';
import { elementCount } from '../../tensor/dtype.ts';
import type { ParameterSpec } from '../architectures/architecture.ts';
import { replaceFile } from './save-weights.ts';

/**
 * Random weights for an architecture as a safetensors file (F32), the same for the same seed on every machine. Each tensor has a
 * stream of its own, so the order of the parameters does not matter.
 */
export async function writeInitialWeights(
  fs: FileSystem,
  path: string,
  options: { readonly parameters: readonly ParameterSpec[]; readonly seed: number },
): Promise<void> {
  const { parameters, seed } = options;
  const header = writeSafetensorsHeader(
    parameters.map(({ name, shape }) => ({ name, shape, dtype: 'F32' as const })),
    { format: 'pt' },
  );
  await replaceFile(fs, path, async file => {
    await file.write(header.bytes, 0);
    for (const [index, parameter] of parameters.entries()) {
      const offset = header.tensors.at(index)?.offset ?? 0;
      await file.write(new Uint8Array(initialValues(parameter, seed).buffer), offset);
    }
  });
}

/**
 * The first values of one parameter. Weights are uniform in +-sqrt(6 / fan in), so that variance survives ReLU layers.
 * Source: He et al., Delving Deep into Rectifiers, 2015, equation 10, as a uniform distribution.
 */
export function initialValues(parameter: ParameterSpec, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(elementCount(parameter.shape));
  const { initial } = parameter;
  if (initial.kind === 'constant') return values.fill(initial.value);
  const random = createRandom(seed, `initial weights ${parameter.name}`);
  const bound = Math.sqrt(6 / initial.fanIn);
  return values.map(() => (2 * random.unit() - 1) * bound);
}
