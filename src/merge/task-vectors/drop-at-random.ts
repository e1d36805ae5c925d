import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MethodTask } from '../method.ts';
import { isStepwise, numbers } from '../parameters.ts';
import type { Vectors } from '../vectors.ts';
import { rescaleByNorm, type Selection } from './rescale.ts';
import { keyOf } from './seed.ts';
import type { Sparsify, Sparsity } from './sparsity.ts';

/** Keeps each element with the probability `density`, by a generator that is indexed by the element. */
export const dropAtRandom: Sparsify = async (task, vectors) => {
  const { exports } = await loadKernels();
  const keep = task.dtype === 'F64' ? exports.keepRandomF64 : exports.keepRandomF32;
  const draws = numbers(task.parameters, 'density').map((density, model) => ({
    limit: limitOf(density),
    key: keyOf(task.parameters, model),
  }));
  return rescaleDropped(task, vectors, {
    begin: () => {},
    apply: ({ start, count }) => {
      for (const [model, { pointer }] of vectors.registers.entries()) {
        const { key, limit } = draws[model] ?? { key: 0n, limit: 0 };
        if (limit < 2 ** 32) keep(pointer, count, key, start, limit);
      }
    },
    [Symbol.dispose]: () => {},
  });
};

/** Makes up for elements that were dropped: by the norm, or by 1 / density. mergekit draws F16 as F32, and so rounds ratios. */
export async function rescaleDropped(
  task: MethodTask,
  vectors: Vectors,
  selection: Selection,
): Promise<Sparsity> {
  const { rescale, rescale_by } = task.parameters;
  if (rescale === true && rescale_by === 'density')
    return { ...selection, factors: numbers(task.parameters, 'density').map(inverse) };
  const round = !isStepwise(task.parameters)
    ? (value: number): number => value
    : task.dtype === 'F16'
      ? Math.fround
      : vectors.work.roundNumber;
  return rescaleByNorm(task, vectors, { selection, round });
}

/** Of 32 random bits: below it, an element stays. */
function limitOf(density: number): number {
  return Math.ceil(density * 2 ** 32);
}

/** One over the probability that elements really have, so that it stays finite. */
function inverse(density: number): number {
  return density === 0 ? 1 : 2 ** 32 / limitOf(density);
}
