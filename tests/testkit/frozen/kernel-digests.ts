import { createHash } from 'node:crypto';
import type { JsonValue } from '../../../src/base/canonical-json.ts';
import type { ComputingMethod } from '../../../src/merge/method.ts';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { measureDifference } from '../../../src/tensor/difference.ts';
import { encodeElements, type FloatDtype } from '../float-elements.ts';
import { mergeInMemory } from '../merge-task.ts';
import { plainNumbers } from '../plain-numbers.ts';
import { testStore } from '../stores.ts';

const [ROWS, COLUMNS, RANK] = [24, 40, 3];
const DTYPES = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const satisfies readonly FloatDtype[];
const PREDICTED = ['F32', 'F16', 'BF16'] as const;

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** What each frozen kernel computes from fixed inputs, by name. Released numbers never change: new numerics get a new version of the kernels. */
export async function kernelDigests(): Promise<Record<string, string>> {
  return { ...(await mergeDigests()), ...(await predictionDigests()), ...(await differenceDigests()) };
}

async function mergeDigests(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const dtype of DTYPES)
    for (const method of METHODS.filter(({ kind }) => kind === 'compute') as ComputingMethod[])
      for (const { name, parameters } of variantsOf(method)) {
        const tensor = (seed: number): Uint8Array =>
          encodeElements(dtype, plainNumbers(ROWS * COLUMNS, seed));
        const merged = await mergeInMemory({
          method: method.name,
          dtype,
          shape: [ROWS, COLUMNS],
          base: tensor(1),
          models: [2, 3, 4].slice(0, method.models.maximum).map(tensor),
          parameters,
        });
        digests[`${name}, ${dtype}`] = digestOf(merged);
      }
  return digests;
}

/** Values that are uneven, so that each model and parameter shows in the result. */
const SAMPLES: Readonly<Record<string, JsonValue>> = {
  weight: [0.5, 0.3, 0.4],
  scale: 0.3,
  density: [0.5, 0.3, 0.7],
  threshold: [0.4, 0.7, 0.2],
  gamma: [0.1, 0.02, 0.4],
  epsilon: [0.2, 0.1, 0.15],
  seed: 5,
  select_topk: 0.4,
};

/** A method with samples and defaults, and with each other value of each choice and switch, in both numerics. */
export function variantsOf({ name, kernels, parameters, models }: ComputingMethod) {
  const samples = Object.fromEntries(
    parameters.flatMap(parameter => {
      const sample = SAMPLES[parameter.name];
      if (sample === undefined) return [];
      const single = Array.isArray(sample) && !parameter.perModel ? (sample[0] ?? null) : sample;
      return [[parameter.name, Array.isArray(single) ? single.slice(0, models.maximum) : single]];
    }),
  );
  const others = parameters.flatMap(parameter => {
    const values = parameter.type === 'boolean' ? [true, false] : (parameter.choices ?? []);
    const wanted = values.filter(value => value !== parameter.default && parameter.name !== 'numerics');
    return wanted.map(value => ({
      label: ` ${parameter.name}=${value}`,
      given: { [parameter.name]: value },
    }));
  });
  const rounding = parameters.find(parameter => parameter.name === 'numerics')?.choices;
  return [{ label: '', given: {} }, ...others].flatMap(({ label, given }) =>
    (rounding ?? [undefined]).map(numerics => ({
      name: [`${name} ${kernels}${label}`, ...(numerics ? [numerics] : [])].join(', '),
      parameters: { ...samples, ...given, ...(numerics ? { numerics } : {}) },
    })),
  );
}

/** Digests of the extents that the store computes from factors. */
async function predictionDigests(): Promise<Record<string, string>> {
  await using home = await testStore();
  const digests: Record<string, string> = {};
  for (const dtype of PREDICTED) {
    const data = encodeElements(dtype, plainNumbers(ROWS * COLUMNS, 1));
    const writer = home.store.writer();
    const base = await writer.addExtent([data], data.length);
    await writer.finish();
    const factor = (count: number, seed: number) => ({
      bytes: encodeElements(dtype, plainNumbers(count, seed)),
      dtype,
    });
    const predicting = home.store.writer();
    for (const isTransposed of [false, true])
      digests[`low-rank 1, ${dtype}${isTransposed ? ', transposed' : ''}`] = await predicting.addPredicted({
        type: 'low-rank',
        base,
        dtype,
        rows: ROWS,
        columns: COLUMNS,
        rank: RANK,
        scale: 0.3,
        left: { ...factor(ROWS * RANK, 5), isTransposed },
        right: { ...factor(RANK * COLUMNS, 6), isTransposed },
      });
    const vector = factor(COLUMNS, 7);
    digests[`ia3 1, ${dtype}`] = await predicting.addPredicted({
      type: 'scaling',
      base,
      dtype,
      vector,
      run: 1,
    });
    await predicting.finish();
  }
  return digests;
}

/** Sums of differences are part of merge records. */
async function differenceDigests(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const dtype of DTYPES) {
    const elements = ROWS * COLUMNS;
    const data = async function* (seed: number): AsyncGenerator<Uint8Array> {
      yield encodeElements(dtype, plainNumbers(elements, seed));
    };
    const found = await measureDifference(
      { dtype, elements, bytes: data(1) },
      { dtype, elements, bytes: data(2) },
    );
    digests[`difference, ${dtype}`] = digestOf(JSON.stringify(found));
  }
  return digests;
}
