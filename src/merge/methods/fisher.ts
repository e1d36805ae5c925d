import { MgitError } from '../../base/errors.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { numberParameter } from '../parameters.ts';
import { readModels, slicesOf } from '../slices.ts';
import { openWorkspace, type Register, type Workspace } from '../workspace.ts';
import { weightsOf } from './coefficients.ts';

/** The average of the models, each element weighted by how much a model's answers depend on it: by its Fisher information. */
export const fisher: ComputingMethod = {
  name: 'fisher',
  kind: 'compute',
  summary: "average of the models, each element weighted by how much each model's answers depend on it",
  whenToUse: 'fine-tunings for different tasks, where data of each task is at hand',
  source:
    'Matena and Raffel 2021, Merging models with Fisher-weighted averaging, https://arxiv.org/abs/2111.09832',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  kernels: 1,
  parameters: [
    {
      name: 'weight',
      description: 'share of each model',
      type: 'number',
      default: 1,
      minimum: 0,
      perModel: true,
    },
    {
      name: 'floor',
      description: 'smaller information counts as so much',
      type: 'number',
      default: 1e-6,
      minimum: 0,
      perModel: false,
    },
  ],
  statistics: { kind: 'fisher', shapeFor: shape => shape, isRequired: true },
  needsBase: () => false,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  const { statistics } = task;
  if (!statistics)
    throw new MgitError('MERGE_NEEDS_DATA', 'fisher weighs by what is measured on data, and nothing was', {
      hint: 'name the data of each model with --data',
    });
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 4 });
  const [sum, divisors, share, product] = work.registers as [Register, Register, Register, Register];
  const load = sharesOf(task, work);
  for (const slice of slicesOf(task)) {
    const reading = statistics.map(input => input.read(slice.start * 4, slice.count * 4));
    const [models, information] = await Promise.all([readModels(task, slice), Promise.all(reading)]);
    work.begin(slice.count);
    work.clear(sum);
    work.clear(divisors);
    for (const [model, bytes] of models.entries()) {
      load(share, { information: information[model] ?? new Uint8Array(), model });
      work.load(product, bytes);
      work.multiply(product, share);
      work.add(sum, product);
      work.add(divisors, share);
    }
    work.divideWhereNonZero(sum, divisors);
    yield work.store(sum);
  }
}

interface Share {
  readonly information: Uint8Array;
  readonly model: number;
}

/** Loads a model's weight times its information, which is at least the floor, in the work type. */
function sharesOf(task: MethodTask, work: Workspace) {
  const weights = weightsOf(task);
  const floor = Math.fround(numberParameter(task.parameters, 'floor'));
  return (target: Register, { information, model }: Share): void => {
    const floats = new Float32Array(new Uint8Array(information).buffer).map(value =>
      value >= floor ? value : floor,
    );
    const numbers = task.dtype === 'F64' ? Float64Array.from(floats) : floats;
    target.bytes.set(new Uint8Array(numbers.buffer));
    work.scale(target, target, weights[model] ?? 0);
  };
}
