import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { numberParameter, numbers } from '../parameters.ts';
import { slicesOf } from '../slices.ts';
import { LAMBDA } from '../task-vectors/parameters.ts';
import { openVectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';

/**
 * The sum of the changes, where it serves enough of the models. It serves a model in an element (its TALL mask) whose own change is at least
 * `tall_lambda` times what the others add to it: |change| >= tall_lambda * |sum - change|.
 */
export const consensus: ComputingMethod = {
  name: 'consensus',
  kind: 'compute',
  summary: 'the sum of the changes, in those elements where it serves enough of the models',
  whenToUse: 'many fine-tunings for different tasks: leaves out what serves one of them, or none',
  source:
    'Wang et al. 2024, Localizing task information for improved model merging and compression, https://arxiv.org/abs/2405.07813',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  kernels: 1,
  parameters: [
    {
      name: 'tall_lambda',
      description: "how large a model's change must be beside what the others add, for the sum to serve it",
      type: 'number',
      default: 0.4,
      minimum: 0,
      perModel: true,
    },
    {
      name: 'least_models',
      description: 'how many models an element must serve to be kept',
      type: 'number',
      default: 2,
      minimum: 0,
      perModel: false,
    },
    LAMBDA,
  ],
  needsBase: () => true,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  using vectors = await openVectors(task, { isFromBase: true, spare: 5 });
  const { exports } = await loadKernels();
  const choose = task.dtype === 'F64' ? exports.chooseAtLeastF64 : exports.chooseAtLeastF32;
  const { work, registers, base } = vectors;
  const [sum, served, one, kept, scratch] = vectors.spare as [
    Register,
    Register,
    Register,
    Register,
    Register,
  ];
  const factors = numbers(task.parameters, 'tall_lambda');
  const [least, lambda] = ['least_models', 'lambda'].map(name => numberParameter(task.parameters, name));
  for (const slice of slicesOf(task)) {
    await vectors.load(slice);
    for (const register of [sum, served, kept]) work.clear(register);
    for (const register of registers) work.add(sum, register);
    for (const [model, register] of registers.entries()) {
      work.copy(scratch, sum);
      work.subtract(scratch, register);
      work.absolute(scratch);
      work.scale(scratch, scratch, factors[model] ?? 0);
      work.absolute(register);
      work.subtract(register, scratch);
      work.clear(one);
      work.complement(scratch, one);
      choose(one.pointer, scratch.pointer, register.pointer, slice.count, 0);
      work.add(served, one);
    }
    choose(kept.pointer, sum.pointer, served.pointer, slice.count, least ?? 0);
    work.scale(kept, kept, lambda ?? 1);
    if (base) work.add(kept, base);
    yield work.store(kept);
  }
}
