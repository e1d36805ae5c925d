import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ComputingMethod } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { chunkBytes, type InputSource, openInputs } from '../../src/merge/tensor-inputs.ts';
import type { Dtype } from '../../src/tensor/dtype.ts';
import { madeUpStatistics, methodTask } from '../testkit/merge-task.ts';

const COMPUTING = METHODS.filter((method): method is ComputingMethod => method.kind === 'compute');
const SPARSE = { density: 0.3, select_topk: 0.3 };
/** Elements of BF16: three chunks of each input, the last of them short. */
const ELEMENTS = 64 * 72_001;
/** Rows of the matrix; few, where it is taken apart. */
const [ROWS, SPECTRAL_ROWS] = [64, 8];

/** BF16 numbers of a few thousand values around zero. */
function numbers(seed: number): Uint8Array {
  const elements = new Uint16Array(ELEMENTS);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < elements.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    elements[at] = ((state >>> 16) & 0x8fff) | 0x3000;
  }
  return new Uint8Array(elements.buffer);
}

const INPUTS = [1, 2, 3, 4].map(numbers);

/** Where inputs are related to each other there are few columns. */
function rowsFor({ memoryBytes, statistics }: ComputingMethod): number {
  if (statistics?.kind === 'gram') return ELEMENTS / SPECTRAL_ROWS;
  return memoryBytes ? SPECTRAL_ROWS : ROWS;
}

function sourceOf(bytes: Uint8Array, dtype: Dtype): InputSource {
  return {
    dtype,
    length: bytes.length,
    fetch: async (offset, target) => {
      target.set(bytes.subarray(offset, offset + target.length));
      return target;
    },
  };
}

async function digestOf(method: ComputingMethod, keptBytes: number, sliceElements: number): Promise<string> {
  const count = Math.min(3, method.models.maximum);
  const names = method.parameters.map(({ name }) => name);
  const parameters = Object.fromEntries(Object.entries(SPARSE).filter(([name]) => names.includes(name)));
  const [base = new Uint8Array(), ...others] = INPUTS;
  const models = others.slice(0, count);
  const sources = [...models, base].map(bytes => sourceOf(bytes, 'BF16'));
  const rows = rowsFor(method);
  const shape = [rows, ELEMENTS / rows];
  using opened = openInputs(sources, { keptBytes });
  using measured = openInputs(
    (madeUpStatistics(method, shape, count) ?? []).map(bytes => sourceOf(bytes, 'F32')),
  );
  const merge = {
    method: method.name,
    dtype: 'BF16',
    shape,
    base,
    models,
    parameters,
  } as const;
  const task = {
    ...methodTask({ ...merge, sliceElements }),
    base: opened.inputs[count],
    models: opened.inputs.slice(0, count),
    ...(measured.inputs.length > 0 ? { statistics: measured.inputs } : {}),
  };
  const hash = createHash('sha256');
  for await (const slice of method.run(task)) hash.update(slice);
  return hash.digest('hex');
}

test('the inputs have several chunks', () => {
  expect(INPUTS[0]?.length).toBeGreaterThan(2 * chunkBytes(4));
});

test.each(COMPUTING.map(method => [method.name, method] as const))(
  '%s gives the same bits in little memory and in much',
  async (_, method) => {
    const much = await digestOf(method, 1 << 30, 65_536);
    expect(await digestOf(method, 0, 65_536)).toBe(much);
    expect(await digestOf(method, 20 << 20, 12_345)).toBe(much); // Some of it stays in memory.
  },
);
