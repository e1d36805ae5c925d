import { expect, test } from 'vitest';
import { createGraph } from '../../../src/train/graph/builder.ts';
import { openExecutor } from '../../../src/train/runtime/executor.ts';

const SIZE = 256;
const POWERS = 40;

/** Powers of a square matrix: long enough that an abort comes in the middle. */
async function squaring(signal: AbortSignal) {
  const graph = createGraph();
  const shape = [SIZE, SIZE];
  let value = graph.input('x', shape);
  const x = value;
  for (let i = 0; i < POWERS; i++) value = graph.node({ op: 'MatMul', inputs: [value, x], shape });
  graph.output(value, 'y');
  return openExecutor({ graph: graph.finish(), resident: {}, provider: 'cpu', threads: 1, signal });
}

function identity() {
  const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : 0));
  return { shape: [SIZE, SIZE], data };
}

test('a graph runs, as often as it is asked', async () => {
  await using executor = await squaring(new AbortController().signal);
  for (let i = 0; i < 2; i++) expect((await executor.run({ x: identity() })).y?.data[SIZE + 1]).toBe(1);
});

// Where the thread ended at once, ONNX Runtime would take the process of these tests with it.
test('an abort in the middle of a run ends with its reason, leaves the process alive, and runs no more', async () => {
  const abort = new AbortController();
  await using executor = await squaring(abort.signal);
  const run = executor.run({ x: identity() });
  abort.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
  await expect(executor.run({ x: identity() })).rejects.toThrow('enough');
});
