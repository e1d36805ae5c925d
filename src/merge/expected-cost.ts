import { SMALL_BYTES, WIDTH } from './execute.ts';
import type { ComputeAction } from './plan.ts';
import { CHUNKS, chunkBytes, KEPT_BYTES } from './tensor-inputs.ts';

/** What it takes to compute planned tensors. */
export type ExpectedCost = {
  readonly tensors: number;
  /** Bytes of all inputs; a method that measures before it writes decodes what it cannot keep once more in each pass. */
  readonly readBytes: number;
  /** Bytes of the results; they are stored as recipes, which take a few hundred bytes each. */
  readonly computedBytes: number;
  /** Memory for inputs at a time, whatever the size of the model, and for the matrices that a method holds as a whole. */
  readonly bufferBytes: number;
};

/** Adds up what a plan computes. */
export function expectedCost(computed: readonly ComputeAction[]): ExpectedCost {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    tensors: computed.length,
    readBytes: sum(computed.map(action => lengthOf(action) * inputsOf(action))),
    computedBytes: sum(computed.map(lengthOf)),
    bufferBytes: computed.reduce((most, action) => Math.max(most, bufferBytes(action)), 0),
  };
}

function lengthOf({ tensors }: ComputeAction): number {
  return tensors[0]?.extent.length ?? 0;
}

/** The base is read, too, where there is one: changes are measured against it. */
function inputsOf({ tensors, base }: ComputeAction): number {
  return tensors.length + (base === undefined ? 0 : 1);
}

/** Small tensors are computed several at a time, larger ones alone, in chunks. */
function bufferBytes(action: ComputeAction): number {
  const [length, inputs] = [lengthOf(action), inputsOf(action)];
  const own = action.method.memoryBytes?.(action.tensors[0]?.shape ?? []) ?? 0;
  if (length <= SMALL_BYTES) return WIDTH * (inputs * length + own);
  const kept = action.method.isMultiPass ? Math.min(KEPT_BYTES, length * inputs) : 0;
  return own + kept + CHUNKS * chunkBytes(inputs) * inputs;
}
