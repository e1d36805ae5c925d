import { readFileSync } from 'node:fs';
import type { JsonValue } from '../../../src/base/canonical-json.ts';
import type { ComputingMethod } from '../../../src/merge/method.ts';
import { mantissaBits } from '../float-elements.ts';
import { computingMethod, type TensorMerge } from '../merge-task.ts';
import { sharedData } from '../shared-data.ts';

/** A case of the golden vectors: what mergekit made of random inputs (see their README). */
export interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly outputDtype: 'F32' | 'F16' | 'BF16';
  readonly models: readonly string[];
  readonly base: string | null;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly tensors: readonly string[];
  readonly outputFile: string;
  readonly masksFile?: string;
  readonly exact: boolean;
  readonly exactWithLaneOrder?: boolean;
  readonly perTensor: Readonly<Record<string, { readonly maxAbsDiff: number }>>;
}

/** A tensor of one of the files of the golden vectors. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const read = (path: string): Buffer => readFileSync(sharedData('../golden/merge', path));

/** All cases. */
export function goldenCases(): readonly GoldenCase[] {
  return JSON.parse(read('cases.json').toString('utf8'));
}

/** Reads a tensor by its name from a safetensors file of the golden vectors. */
export function goldenTensor(file: string, name: string): StoredTensor {
  const bytes = read(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const entry = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))[name];
  const [from, to] = entry.data_offsets;
  const start = 8 + headerLength;
  return { shape: entry.shape, bytes: new Uint8Array(bytes.subarray(start + from, start + to)) };
}

/** Parameters of cases that a method here does not have, because the value in every case changes nothing. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  task_arithmetic: ['density', 'rescale'],
};

/** A parameter of mergekit that changes how it calculates, not what comes out. */
const HOW_ALONE = 'int8_mask';

/** A case's merge of one tensor by the registered method. Throws on a parameter that it does not know what to do with. */
export function goldenMerge(golden: GoldenCase, name: string, numerics: string): TensorMerge {
  const method = computingMethod(golden.method);
  const input = (model: string) => goldenTensor(`inputs/${golden.dtype}/${model}.safetensors`, name);
  const isFirst = method.baseRole === 'first' && golden.base !== null;
  const models = [...(isFirst ? [golden.base] : []), ...golden.models].map(input);
  return {
    method: golden.method,
    dtype: golden.dtype,
    shape: models[0]?.shape ?? [],
    ...(golden.base !== null && method.baseRole === 'origin' ? { base: input(golden.base).bytes } : {}),
    models: models.map(model => model.bytes),
    parameters: { ...parametersOf(method, golden), ...(hasNumerics(method) ? { numerics } : {}) },
  };
}

function hasNumerics({ parameters }: ComputingMethod): boolean {
  return parameters.some(({ name }) => name === 'numerics');
}

/** The method's own parameters, per-model ones in the order of the models. */
function parametersOf(method: ComputingMethod, golden: GoldenCase): Record<string, JsonValue> {
  const known = new Map(method.parameters.map(parameter => [parameter.name, parameter]));
  const given = Object.entries(golden.parameters).flatMap(([name, value]) => {
    if (name === HOW_ALONE || WITHOUT_EFFECT[golden.method]?.includes(name)) return [];
    const parameter = known.get(name);
    if (!parameter) throw new Error(`${golden.id} has a parameter ${name}, and ${method.name} does not`);
    const valueOf = (model: string): JsonValue =>
      (value as Record<string, JsonValue>)[model] ?? parameter.default;
    return [[name, parameter.perModel ? golden.models.map(valueOf) : value] as const];
  });
  const origin = known.has('origin') ? { origin: golden.base === null ? 'zero' : 'base' } : {};
  return { ...Object.fromEntries(given), ...origin };
}

/** The distance to the next number of the dtype. */
export function ulp(dtype: GoldenCase['dtype'], value: number): number {
  const lowest = dtype === 'F16' ? -14 : -126;
  const exponent = value === 0 ? lowest : Math.max(lowest, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (exponent - mantissaBits(dtype));
}
