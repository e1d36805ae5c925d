import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MethodTask } from '../method.ts';
import { isStepwise } from '../parameters.ts';
import { blockSlices } from '../slices.ts';
import type { Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import { keepRanked } from './keep-ranked.ts';
import { blockMagnitudes, type Selection } from './rescale.ts';

/** Registers that are free to be used. */
export interface VarianceRegisters {
  readonly variance: Register;
  readonly scratch: Register;
}

/**
 * Keeps the elements in which the changes differ most: trunc(share * those that differ at all), by their variance, which is the sum of the squared
 * differences of all pairs over n^2, and so is 0 for equal changes. Takes three scans (five for F64).
 */
export async function keepVarying(
  task: MethodTask,
  vectors: Vectors,
  { share, registers }: { readonly share: number; readonly registers: VarianceRegisters },
): Promise<Selection> {
  const { variance, scratch } = registers;
  const { work } = vectors;
  const measure = (): void => measureVariance(vectors, registers, isStepwise(task.parameters));
  const varying: Vectors = {
    ...vectors,
    registers: [variance],
    load: async slice => {
      await vectors.load(slice);
      measure();
    },
  };
  const count = Math.trunc(share * (await countNonZero(task, varying, scratch)));
  const ranked = await keepRanked(task, varying, [{ first: 0, count }]);
  return {
    begin: ranked.begin,
    apply: slice => {
      measure();
      ranked.apply(slice);
      work.markNonZero(scratch, variance, 1);
      for (const register of vectors.registers) work.multiply(register, scratch);
    },
    [Symbol.dispose]: () => ranked[Symbol.dispose](),
  };
}

function measureVariance(
  { work, registers }: Vectors,
  { variance, scratch }: VarianceRegisters,
  isRounded: boolean,
): void {
  work.clear(variance);
  for (const [at, right] of registers.entries())
    for (const left of registers.slice(0, at)) {
      work.copy(scratch, right);
      work.subtract(scratch, left);
      work.multiply(scratch, scratch);
      work.add(variance, scratch);
    }
  work.divide(variance, registers.length ** 2);
  if (isRounded) work.round(variance);
}

async function countNonZero(task: MethodTask, { load, work, registers }: Vectors, scratch: Register) {
  const kernels = await loadKernels();
  let found = 0;
  for (const slice of blockSlices(task)) {
    await load(slice);
    work.markNonZero(scratch, registers[0] as Register, 1);
    for (const marks of blockMagnitudes(task, kernels, { register: scratch, count: slice.count }))
      found += marks;
  }
  return found;
}
