import { MgitError } from '../../base/errors.ts';
import { byteLength, elementCount } from '../../tensor/dtype.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { numberParameter } from '../parameters.ts';
import { slicesOf } from '../slices.ts';
import { addGram, centreOf, type Regression, solveRows } from '../statistics/regression.ts';
import { openWorkspace, type Register } from '../workspace.ts';
import { normalized, weightsOf } from './coefficients.ts';
import { weightedSum } from './weighted-sum.ts';

/** Inputs of a layer at most: taking their products apart takes a minute or two then. */
const MOST_INPUTS = 4096;

/** The matrix whose outputs are nearest to those of each model on its own data; tensors without statistics are averaged. */
export const regmean: ComputingMethod = {
  name: 'regmean',
  kind: 'compute',
  summary:
    "for linear layers the matrix whose outputs are nearest to each model's on its own data, else the average",
  whenToUse: 'fine-tunings of linear layers for different tasks, where data of each is at hand',
  source:
    'Jin et al. 2022, Dataless knowledge fusion by merging weights of language models, https://arxiv.org/abs/2212.09849',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: true,
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
      name: 'alpha',
      description: 'factor of the products of different inputs, so that the solution is stable',
      type: 'number',
      default: 0.9,
      minimum: 0,
      maximum: 1,
      perModel: false,
    },
    {
      name: 'ridge',
      description:
        'share of the mean square of the inputs that is added to each, for inputs that are always 0',
      type: 'number',
      default: 1e-6,
      minimum: 1e-12,
      perModel: false,
    },
  ],
  statistics: { kind: 'gram', shapeFor: gramShape, isRequired: false },
  needsBase: () => false,
  checkShape: shape => void gramShape(shape),
  memoryBytes: shape => {
    const [, inputs = 0] = shape;
    return shape.length === 2 ? 8 * elementCount(shape) + (8 + 8) * inputs * inputs : 0;
  },
  run: task => (task.statistics ? solve(task, task.statistics) : average(task)),
};

/** [inputs, inputs] for the weight of a linear layer, [outputs, inputs]. Errors: `MERGE_MATRIX_TOO_LARGE`. */
function gramShape(shape: readonly number[]): readonly number[] | undefined {
  const [, inputs = 0] = shape;
  if (shape.length !== 2) return undefined;
  if (inputs <= MOST_INPUTS) return [inputs, inputs];
  throw new MgitError('MERGE_MATRIX_TOO_LARGE', `a layer of ${inputs} inputs has too many products of them`, {
    hint: `give tensors of more than ${MOST_INPUTS} columns another method by a rule`,
  });
}

function average(task: MethodTask): AsyncIterable<Uint8Array> {
  return weightedSum(task, normalized(weightsOf(task)));
}

async function* solve(
  task: MethodTask,
  statistics: NonNullable<MethodTask['statistics']>,
): AsyncIterable<Uint8Array> {
  const [rows = 0, columns = 0] = task.shape;
  if (rows * columns === 0) return;
  const weights = normalized(weightsOf(task));
  const grams = statistics.map(
    input => async () => floatsOf(await input.read(0, byteLength('F32', [columns, columns]))),
  );
  const settings = {
    alpha: numberParameter(task.parameters, 'alpha'),
    ridge: numberParameter(task.parameters, 'ridge'),
  };
  const regression: Regression = {
    rows,
    columns,
    left: new Float64Array(columns * columns),
    right: new Float64Array(rows * columns),
  };
  const centre = await centreOf(grams, { columns, weights, ...settings });
  for (const [model, input] of task.models.entries()) {
    task.signal?.throwIfAborted();
    const matrix = await elementsOf(task, input.read);
    const gram = await grams[model]?.();
    if (gram)
      addGram(regression, { gram, matrix, weight: weights[model] ?? 0, centre, alpha: settings.alpha });
  }
  solveRows(regression);
  yield* stored(task, regression.right);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer); // A copy, of a part of a larger buffer perhaps.
}

/** A whole tensor as F64. */
async function elementsOf(
  task: MethodTask,
  read: MethodTask['models'][number]['read'],
): Promise<Float64Array> {
  const result = new Float64Array(elementCount(task.shape));
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 1 });
  const [register] = work.registers as [Register];
  const size = task.dtype === 'F64' ? 8 : 4;
  for (const slice of slicesOf(task)) {
    const bytesPerElement = byteLength(task.dtype, [1]);
    const bytes = await read(slice.start * bytesPerElement, slice.count * bytesPerElement);
    work.begin(slice.count);
    work.load(register, bytes);
    const own = register.bytes.slice(0, slice.count * size).buffer;
    result.set(size === 8 ? new Float64Array(own) : new Float32Array(own), slice.start);
  }
  return result;
}

/** The result, rounded to F32 (F64: not) and then to the dtype. */
async function* stored(task: MethodTask, values: Float64Array): AsyncIterable<Uint8Array> {
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 1 });
  const [register] = work.registers as [Register];
  for (const slice of slicesOf(task)) {
    const part = values.subarray(slice.start, slice.start + slice.count);
    const floats = task.dtype === 'F64' ? part.slice() : Float32Array.from(part);
    work.begin(slice.count);
    register.bytes.set(new Uint8Array(floats.buffer));
    yield work.store(register);
  }
}
