import { bitsOf } from '../../tensor/dtype.ts';
import { factorMatrix, factorVector } from '../../tensor/factor-matrix.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { type FactorBytes, type Prediction, predict } from '../../tensor/prediction.ts';
import type { InputSource } from '../tensor-inputs.ts';
import type { Adaptation, FactorPlace, LowRankAdaptation, ScalingAdaptation } from './adaptation.ts';
import { convertedSource } from './converted-source.ts';
import type { OpenFiles } from './file-source.ts';

/** The elements that an adapter makes of a source's: the same bits as the record of an adapted tensor gives. Factors are read once, when elements are. */
export async function adaptedSource(
  source: InputSource,
  adaptation: Adaptation,
  files: OpenFiles,
): Promise<InputSource> {
  const kernels = await loadKernels();
  if (adaptation.type === 'rounded') return convertedSource(source, adaptation.dtype, kernels);
  let loading: Promise<Prediction> | undefined;
  return {
    ...source,
    fetch: async (offset, target) => {
      loading ??= loadPrediction(adaptation, files);
      const prediction = await loading;
      const own = await source.fetch(offset, target);
      target.set(predict(own, { prediction, start: (offset * 8) / bitsOf(source.dtype) }, kernels));
      return target;
    },
  };
}

async function loadPrediction(
  adaptation: LowRankAdaptation | ScalingAdaptation,
  files: OpenFiles,
): Promise<Prediction> {
  const read = async ({ path, offset, length, dtype }: FactorPlace): Promise<FactorBytes> => {
    const file = await files.open(path);
    return { dtype, bytes: await file.read(offset, length) };
  };
  if (adaptation.type === 'scaling')
    return { ...adaptation, vector: await factorVector(await read(adaptation.vector)) };
  const { type, dtype, rows, columns, rank, scale, isTransposed } = adaptation;
  const left = await factorMatrix(await read(adaptation.left), { rows, columns: rank, isTransposed });
  const right = await factorMatrix(await read(adaptation.right), { rows: rank, columns, isTransposed });
  return { type, dtype, columns, rank, scale, left, right };
}
