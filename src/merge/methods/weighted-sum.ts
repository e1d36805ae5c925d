import type { MethodTask } from '../method.ts';
import { readModels, slicesOf } from '../slices.ts';
import { openWorkspace, type Register } from '../workspace.ts';

/** Sum of weight * model, added in the order of the models and rounded once, slice by slice. */
export async function* weightedSum(task: MethodTask, weights: readonly number[]): AsyncIterable<Uint8Array> {
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 1 });
  const [sum] = work.registers as [Register];
  for (const slice of slicesOf(task)) {
    const models = await readModels(task, slice);
    work.begin(slice.count);
    for (const [index, bytes] of models.entries()) {
      if (index === 0) work.scaleElements(sum, bytes, weights[index] ?? 0);
      else work.addScaledElements(sum, bytes, weights[index] ?? 0);
    }
    yield work.store(sum);
  }
}
