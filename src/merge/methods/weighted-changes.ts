import type { MethodTask } from '../method.ts';
import { readModels, readSlice, slicesOf } from '../slices.ts';
import { baseOf } from '../vectors.ts';
import { openWorkspace, type Register } from '../workspace.ts';

/** The base plus the sum of coefficient * (model - base), added in the order of the models and rounded once. Errors: `MERGE_BASE_REQUIRED`. */
export async function* weightedChanges(
  task: MethodTask,
  coefficients: readonly number[],
): AsyncIterable<Uint8Array> {
  const base = baseOf(task);
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 3 });
  const [sum, origin, change] = work.registers as [Register, Register, Register];
  for (const slice of slicesOf(task)) {
    const [origins, models] = await Promise.all([readSlice(task, base, slice), readModels(task, slice)]);
    work.begin(slice.count);
    work.load(origin, origins);
    for (const [index, bytes] of models.entries()) {
      work.load(change, bytes);
      work.subtract(change, origin);
      if (index === 0) work.scale(sum, change, coefficients[index] ?? 0);
      else work.addScaled(sum, change, coefficients[index] ?? 0);
    }
    work.add(sum, origin);
    yield work.store(sum);
  }
}

/** The base plus a factor times the mean change of the models: what methods for matrices do with vectors. */
export function meanChange(task: MethodTask, factor: number): AsyncIterable<Uint8Array> {
  return weightedChanges(
    task,
    task.models.map(() => factor / task.models.length),
  );
}
