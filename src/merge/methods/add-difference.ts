import { MgitError } from '../../base/errors.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { readModels, readSlice, slicesOf } from '../slices.ts';
import { openWorkspace, type Register } from '../workspace.ts';

/** The others' task vectors added to the first model: model 0 + scale * (model - base), model by model. */
export const addDifference: ComputingMethod = {
  name: 'add_difference',
  kind: 'compute',
  summary: "our model with the others' changes since the base added, scaled",
  source: 'Ilharco et al. 2022, Editing models with task arithmetic, https://arxiv.org/abs/2212.04089',
  needsBase: true,
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
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  const { base } = task;
  if (base === undefined)
    throw new MgitError(
      'MERGE_BASE_REQUIRED',
      'add_difference needs the tensor that the change starts from',
      {
        hint: 'take one side of this tensor',
      },
    );
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
