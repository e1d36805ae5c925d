import { createHash } from 'node:crypto';
import { createRandom } from '../base/random.ts';
import { elementConverter } from '../tensor/convert-elements.ts';
import { byteCount, type Dtype, elementCount } from '../tensor/dtype.ts';
import { loadKernels } from '../tensor/kernels/kernels.ts';
import type { ComputingMethod, MethodParameters } from './method.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { openSurvey } from './survey.ts';
import { type InputSource, KEPT_BYTES, openInputs } from './tensor-inputs.ts';

/** A tensor that will be computed. */
export interface TimedTensor {
  readonly method: ComputingMethod;
  readonly parameters: MethodParameters;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly models: number;
  readonly hasBase: boolean;
}

/** A sample is merged again and again for so many milliseconds; the least time counts. */
const SAMPLED_MILLISECONDS = 20;
/** Sides of the matrices that are merged as samples: of methods that go through the elements, and of those that take matrices apart. */
const [SIDE, SPECTRAL_SIDE] = [256, 64];
const HASHED_SAMPLE = 4 * 1024 * 1024;
/** What every tensor takes, whatever its size, is measured with this many elements. */
const FEW = 4;

/**
 * Seconds that one thread of this machine takes for tensors, by merging made-up numbers with each method, dtype and number of models: to
 * calculate, measure and hash. Reading inputs is not among it. A rough figure, and another one each time.
 */
export async function expectedSeconds(tensors: Iterable<TimedTensor>): Promise<number> {
  const groups = new Map<string, { readonly like: TimedTensor; count: number; work: number }>();
  for (const tensor of tensors) {
    const key = [tensor.method.name, tensor.dtype, tensor.models, tensor.hasBase, isSpectral(tensor)].join(
      ' ',
    );
    const group = groups.get(key) ?? { like: tensor, count: 0, work: 0 };
    group.count++;
    group.work += workOf(tensor);
    groups.set(key, group);
  }
  let seconds = 0;
  for (const { like, count, work } of groups.values()) {
    const side = isSpectral(like) ? SPECTRAL_SIDE : SIDE;
    const sample = {
      ...like,
      shape: like.shape.length > 1 || isSpectral(like) ? [side, side] : [side * side],
    };
    const each = await leastSeconds({ ...like, shape: [FEW] });
    const whole = await leastSeconds(sample);
    seconds += count * each + (Math.max(0, whole - each) / workOf(sample)) * work;
  }
  return seconds;
}

/** Seconds that one thread of this machine takes to hash so many bytes. */
export function hashingSeconds(bytes: number): number {
  const sample = new Uint8Array(HASHED_SAMPLE);
  const start = performance.now();
  createHash('sha256').update(sample).digest();
  return ((performance.now() - start) / 1000) * (bytes / sample.length);
}

/** What a tensor's time grows with: its elements, or, taken apart, its longer side times the square of the shorter. */
function workOf(tensor: TimedTensor): number {
  const elements = elementCount(tensor.shape);
  if (!isSpectral(tensor)) return elements;
  const rows = tensor.shape[0] ?? 1;
  return elements * Math.min(rows, elements / Math.max(1, rows));
}

/** Methods that hold whole matrices take them apart. */
function isSpectral({ method, shape }: TimedTensor): boolean {
  return shape.length > 1 && (method.memoryBytes?.(shape) ?? 0) > 0;
}

async function leastSeconds(tensor: TimedTensor): Promise<number> {
  const sources = await madeUp(tensor);
  const end = performance.now() + SAMPLED_MILLISECONDS;
  let least = Number.POSITIVE_INFINITY;
  do {
    const start = performance.now();
    await merge(tensor, sources);
    least = Math.min(least, performance.now() - start);
  } while (performance.now() < end);
  return least / 1000;
}

/** As merges do it: what is read is measured, what comes of it hashed. */
async function merge(tensor: TimedTensor, sources: readonly InputSource[]): Promise<void> {
  const { method, models, hasBase, dtype, shape, parameters } = tensor;
  using survey = await openSurvey({ dtype, models, hasBase });
  using opened = openInputs(sources, { look: survey.add, keptBytes: method.isMultiPass ? KEPT_BYTES : 0 });
  using measured = openInputs(madeUpStatistics(tensor));
  const hash = createHash('sha256');
  const base = hasBase ? opened.inputs[models] : undefined;
  const task = {
    dtype,
    shape,
    base,
    models: opened.inputs.slice(0, models),
    parameters,
    ...(measured.inputs.length > 0 ? { statistics: measured.inputs } : {}),
    sliceElements: SLICE_ELEMENTS,
  };
  for await (const slice of method.run(task)) hash.update(slice);
}

/** Of inputs that have nothing to do with each other, all of the same size. */
function madeUpStatistics({ method, shape, models }: TimedTensor): readonly InputSource[] {
  const wanted = method.statistics?.shapeFor(shape);
  if (!method.statistics || !wanted) return [];
  const [rows = 1] = wanted;
  const isGram = method.statistics.kind === 'gram';
  const numbers = Float32Array.from({ length: elementCount(wanted) }, (_, at) =>
    !isGram || at % (rows + 1) === 0 ? 1 : 0,
  );
  const bytes = new Uint8Array(numbers.buffer);
  const source: InputSource = {
    dtype: 'F32',
    length: bytes.length,
    fetch: async (offset, target) => bytes.subarray(offset, offset + target.length),
  };
  return Array.from({ length: models }, () => source);
}

async function madeUp({ dtype, shape, models, hasBase }: TimedTensor): Promise<readonly InputSource[]> {
  const kernels = await loadKernels();
  const random = createRandom(0, 'expected time');
  const elements = elementCount(shape);
  const convert = elementConverter('F32', dtype, kernels);
  return Array.from({ length: models + (hasBase ? 1 : 0) }, () => {
    const numbers = Float32Array.from({ length: elements }, () => random.unit() - 0.5);
    const bytes = new Uint8Array(byteCount(dtype, elements));
    convert(bytes, new Uint8Array(numbers.buffer));
    return {
      dtype,
      length: bytes.length,
      fetch: async (offset, target) => bytes.subarray(offset, offset + target.length),
    };
  });
}
