import { createHash } from 'node:crypto';
import { measureDifference } from '../../../src/tensor/difference.ts';
import { encodeElements, type FloatDtype } from '../float-elements.ts';
import { mergeInMemory } from '../merge-task.ts';
import { noise, testStore } from '../stores.ts';

const [ROWS, COLUMNS, RANK] = [24, 40, 3];
const DTYPES = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const satisfies readonly FloatDtype[];
const PREDICTED = ['F32', 'F16', 'BF16'] as const;

/** Numbers that every machine computes alike: no logarithm, no cosine. Some are zero, tiny or huge. */
export function plainNumbers(count: number, seed: number): number[] {
  const bytes = noise(count * 4, seed);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return Array.from(words, (word, at) => {
    const value = ((word >>> 8) - 2 ** 23) / 2 ** 23;
    return at % 17 === 0 ? 0 : at % 31 === 0 ? value * 2 ** -20 : value;
  });
}

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** What each frozen kernel computes from fixed inputs, by name. Released numbers never change: new numerics get a new version of the kernels. */
export async function kernelDigests(): Promise<Record<string, string>> {
  return { ...(await mergeDigests()), ...(await predictionDigests()), ...(await differenceDigests()) };
}

async function mergeDigests(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const dtype of DTYPES) {
    const tensor = (seed: number): Uint8Array => encodeElements(dtype, plainNumbers(ROWS * COLUMNS, seed));
    const tensors = { dtype, shape: [ROWS, COLUMNS], base: tensor(1), models: [2, 3, 4].map(tensor) };
    for (const method of ['linear', 'task_arithmetic'])
      for (const numerics of ['mgit', 'mergekit']) {
        const parameters = { weight: [0.5, 0.3, 0.4], numerics };
        const merged = await mergeInMemory({ ...tensors, method, parameters });
        digests[`${method} 1, ${numerics}, ${dtype}`] = digestOf(merged);
      }
    const added = { ...tensors, method: 'add_difference', parameters: { scale: 0.3 } };
    digests[`add_difference 1, ${dtype}`] = digestOf(await mergeInMemory(added));
  }
  return digests;
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
