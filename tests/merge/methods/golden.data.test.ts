import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeElements, mantissaBits } from '../../testkit/float-elements.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';
import { sharedData } from '../../testkit/shared-data.ts';

/** A case of the golden vectors: what mergekit made of random inputs (see their README). */
interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly models: readonly string[];
  readonly base: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tensors: readonly string[];
  readonly outputFile: string;
  readonly exact: boolean;
  readonly exactWithLaneOrder?: boolean;
  readonly perTensor: Readonly<Record<string, { readonly maxAbsDiff: number }>>;
}

const read = (path: string): Buffer => readFileSync(sharedData('../golden/merge', path));
const cases: readonly GoldenCase[] = JSON.parse(read('cases.json').toString('utf8'));

interface StoredTensor {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

function readTensor(file: string, name: string): StoredTensor {
  const bytes = read(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const entry = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))[name];
  const [from, to] = entry.data_offsets;
  return {
    shape: entry.shape,
    bytes: new Uint8Array(bytes.subarray(8 + headerLength + from, 8 + headerLength + to)),
  };
}

/** The method's own parameters of a case, per-model ones in the order of the models. */
function parametersOf({ method, models, parameters }: GoldenCase): Record<string, never> {
  const wanted = method === 'linear' ? ['weight', 'normalize'] : ['weight', 'normalize', 'lambda'];
  const entries = wanted.map(name => {
    const value = parameters[name];
    if (typeof value !== 'object' || value === null) return [name, value];
    return [name, models.map(model => (value as Record<string, number>)[model])];
  });
  return Object.fromEntries(entries);
}

function mergeCase(golden: GoldenCase, name: string, numerics: string): Promise<Uint8Array> {
  const input = (model: string) => readTensor(`inputs/${golden.dtype}/${model}.safetensors`, name);
  const models = golden.models.map(input);
  return mergeInMemory({
    method: golden.method,
    dtype: golden.dtype,
    shape: models[0]?.shape ?? [],
    ...(golden.base === null ? {} : { base: input(golden.base).bytes }),
    models: models.map(model => model.bytes),
    parameters: { ...parametersOf(golden), numerics },
  });
}

/** The distance to the next number of the dtype. */
function ulp(dtype: GoldenCase['dtype'], value: number): number {
  const lowest = dtype === 'F16' ? -14 : -126;
  const exponent = value === 0 ? lowest : Math.max(lowest, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (exponent - mantissaBits(dtype));
}

const relevant = cases.filter(golden => ['linear', 'task_arithmetic'].includes(golden.method));

test('the golden vectors hold cases of both methods in three dtypes', () => {
  expect(relevant.length).toBe(30);
});

describe.each(relevant)('$id', golden => {
  const expected = (name: string): Uint8Array => readTensor(golden.outputFile, name).bytes;

  test('numerics: mergekit gives the same bits', async () => {
    expect(golden.exact || golden.exactWithLaneOrder).toBe(true);
    for (const name of golden.tensors) {
      const merged = await mergeCase(golden, name, 'mergekit');
      expect(Buffer.compare(merged, expected(name)), name).toBe(0);
    }
  });

  test('the default stays within four times the difference to exact arithmetic, and four ulp', async () => {
    for (const name of golden.tensors) {
      const merged = decodeElements(golden.dtype, await mergeCase(golden, name, 'mgit'));
      const allowed = 4 * (golden.perTensor[name]?.maxAbsDiff ?? 0);
      for (const [i, value] of decodeElements(golden.dtype, expected(name)).entries()) {
        const limit = Math.max(allowed, 4 * ulp(golden.dtype, value));
        expect(Math.abs((merged[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThanOrEqual(limit);
      }
    }
  });
});
