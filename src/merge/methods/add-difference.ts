import type { ComputingMethod, MethodTask } from '../method.ts';
import { readModels, readSlice, slicesOf } from '../slices.ts';
import { baseOf } from '../vectors.ts';
import { openWorkspace, type Register } from '../workspace.ts';

/** The others' task vectors added to the first model: model 0 + scale * (model - base), model by model. */
export const addDifference: ComputingMethod = {
  name: 'add_difference',
  kind: 'compute',
  summary: "our model with the others' changes since the base added, scaled",
  whenToUse: 'one more change on top of our model: what cherry-pick and rebase do with a task vector',
  source: 'Ilharco et al. 2022, Editing models with task arithmetic, https://arxiv.org/abs/2212.04089',
  baseRole: 'origin',
  models: { minimum: 2, maximum: Infinity },
  isMultiPass: false,
  kernels: 1,
  parameters: [
    {
      name: 'scale',
      description: 'factor of the changes that are added',
      type: 'number',
      default: 1,
      perModel: false,
    },
  ],
  needsBase: () => true,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  const base = baseOf(task);
  const scale = Number(task.parameters.scale);
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 3 });
  const [sum, origin, change] = work.registers as [Register, Register, Register];
  for (const slice of slicesOf(task)) {
    const [origins, [ours, ...others]] = await Promise.all([
      readSlice(task, base, slice),
      readModels(task, slice),
    ]);
    work.begin(slice.count);
    work.load(origin, origins);
    work.load(sum, ours ?? origins);
    for (const bytes of others) {
      work.load(change, bytes);
      work.subtract(change, origin);
      work.addScaled(sum, change, scale);
    }
    yield work.store(sum);
  }
}
