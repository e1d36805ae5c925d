import type { JsonValue } from '../../src/base/canonical-json.ts';
import type { ComputingMethod, MethodInput, MethodTask } from '../../src/merge/method.ts';
import { methodNamed } from '../../src/merge/methods/registry.ts';
import { completeParameters } from '../../src/merge/parameters.ts';
import { type Dtype, elementCount } from '../../src/tensor/dtype.ts';
import { plainNumbers } from './plain-numbers.ts';

/** A merge of one tensor that is in memory. */
export interface TensorMerge {
  readonly method: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly base?: Uint8Array;
  readonly models: readonly Uint8Array[];
  readonly parameters?: { readonly [key: string]: JsonValue };
  readonly sliceElements?: number;
  /** Default: made up, where the method takes some. */
  readonly statistics?: readonly Uint8Array[];
}

/** A registered method that calculates. */
export function computingMethod(name: string): ComputingMethod {
  const method = methodNamed(name);
  if (method.kind !== 'compute') throw new Error(`${name} calculates nothing`);
  return method;
}

/** The merged tensor's bytes. */
export async function mergeInMemory(merge: TensorMerge): Promise<Uint8Array> {
  const slices: Uint8Array[] = [];
  for await (const slice of computingMethod(merge.method).run(methodTask(merge))) slices.push(slice.slice());
  return Buffer.concat(slices);
}

/** What a method gets to do a merge. */
export function methodTask(merge: TensorMerge): MethodTask {
  const method = computingMethod(merge.method);
  const input = (bytes: Uint8Array): MethodInput => ({
    dtype: merge.dtype,
    length: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  });
  return {
    dtype: merge.dtype,
    shape: merge.shape,
    base: merge.base && input(merge.base),
    models: merge.models.map(input),
    ...statisticInputs(method, merge),
    parameters: completeParameters(method, merge.parameters ?? {}, merge.models.length),
    sliceElements: merge.sliceElements ?? 1000,
  };
}

function statisticInputs(method: ComputingMethod, merge: TensorMerge): Pick<MethodTask, 'statistics'> {
  const statistics = merge.statistics ?? madeUpStatistics(method, merge.shape, merge.models.length);
  if (!statistics) return {};
  return {
    statistics: statistics.map(bytes => ({
      dtype: 'F32',
      length: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
    })),
  };
}

/** Statistics as a method takes them, the same ones for the same shape; undefined where it takes none. */
export function madeUpStatistics(
  { statistics }: ComputingMethod,
  shape: readonly number[],
  models: number,
): readonly Uint8Array[] | undefined {
  const wanted = statistics?.shapeFor(shape);
  if (!statistics || !wanted) return undefined;
  return Array.from({ length: models }, (_, model) => {
    const values =
      statistics.kind === 'gram' ? gramOf(wanted[0] ?? 0, model) : squares(elementCount(wanted), model);
    return new Uint8Array(values.buffer);
  });
}

/** Some are zero, and some below any floor. */
function squares(count: number, seed: number): Float32Array {
  return Float32Array.from(plainNumbers(count, 50 + seed), value => value * value * value * value);
}

/** The mean products of the inputs of a few examples, one of which is always 0. */
function gramOf(inputs: number, seed: number): Float32Array {
  const examples = Array.from({ length: 4 }, (_, at) =>
    plainNumbers(inputs, 60 + 10 * seed + at).map((value, i) => (i === 2 ? 0 : value)),
  );
  return Float32Array.from({ length: inputs * inputs }, (_, at) => {
    const [row, column] = [Math.floor(at / inputs), at % inputs];
    return (
      examples.reduce((sum, example) => sum + (example[row] ?? 0) * (example[column] ?? 0), 0) /
      examples.length
    );
  });
}
