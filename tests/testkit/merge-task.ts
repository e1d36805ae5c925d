import type { JsonValue } from '../../src/base/canonical-json.ts';
import type { ComputingMethod, MethodInput, MethodTask } from '../../src/merge/method.ts';
import { methodNamed } from '../../src/merge/methods/registry.ts';
import { completeParameters } from '../../src/merge/parameters.ts';
import type { Dtype } from '../../src/tensor/dtype.ts';

/** A merge of one tensor that is in memory. */
export interface TensorMerge {
  readonly method: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly base?: Uint8Array;
  readonly models: readonly Uint8Array[];
  readonly parameters?: { readonly [key: string]: JsonValue };
  readonly sliceElements?: number;
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
  for await (const slice of computingMethod(merge.method).run(methodTask(merge))) slices.push(slice);
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
    parameters: completeParameters(method, merge.parameters ?? {}, merge.models.length),
    sliceElements: merge.sliceElements ?? 1000,
  };
}
