import type { MethodTask } from '../method.ts';
import { readModels, slicesOf } from '../slices.ts';
import { openWorkspace, type Register } from '../workspace.ts';

/** Sum of weight * model, added in the order of the models and rounded once, slice by slice. */
export async function* weightedSum(task: MethodTask, weights: readonly number[]): AsyncIterable<Uint8Array> {
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 2 });
  const [sum, model] = work.registers as [Register, Register];
  for (const slice of slicesOf(task)) {
    const models = await readModels(task, slice);
    work.begin(slice.count);
    for (const [index, bytes] of models.entries()) {
      work.load(model, bytes);
      if (index === 0) work.scale(sum, model, weights[index] ?? 0);
      else work.addScaled(sum, model, weights[index] ?? 0);
    }
    yield work.store(sum);
  }
}
