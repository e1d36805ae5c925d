import { batchFeeds } from '../data/batches.ts';
import { add } from '../graph/emit/elementwise.ts';
import { gemm } from '../graph/emit/linear.ts';
import { type Graph, sizeOf, type Value } from '../graph/value.ts';
import { buildModelGraph, weightFeeds, weightInput } from '../model-graph.ts';
import { openExecutor } from '../runtime/executor.ts';
import type { FloatTensor } from '../runtime/messages.ts';
import {
  drawnBatches,
  type LoadedModel,
  loadMeasured,
  type Measured,
  type MeasureOptions,
} from './measured-model.ts';

/** Images of a run. */
const BATCH = 64;

/**
 * The mean product of each two inputs of each linear layer over images: [inputs, inputs] for a weight [outputs, inputs]; other parameters
 * have none. Source: Jin et al. 2022, section 3. Errors: as training.
 */
export async function measureGrams(options: MeasureOptions): Promise<Measured> {
  const loaded = await loadMeasured(options);
  const { config, images, weights } = loaded;
  const { classes } = config.network;
  const [first, ...others] = [...drawnBatches(images, options, BATCH)];
  const batchSize = first?.length ?? 0;
  const { graph, carry, state } = productsGraph(loaded, batchSize);
  const { runtime, signal } = options;
  await using executor = await openExecutor({
    ...{ ...runtime, graph, carry, signal },
    resident: { ...weightFeeds(weights), ...state },
  });
  let done = 0;
  for (const positions of first ? [first, ...others] : []) {
    await executor.run(batchFeeds(images, positions, { batchSize, classes }));
    done += batchSize;
    options.onEvent?.({ type: 'progress', phase: 'measuring', done, total: options.examples, unit: 'items' });
  }
  const sums = await executor.read(Object.values(carry));
  const values = new Map(
    Object.entries(sums).map(([name, { data }]) => [name.slice(SUM.length), data.map(sum => sum / done)]),
  );
  return { values, dataDigest: images.digest };
}

const SUM = 'sum:';

function productsGraph(
  { config, images }: LoadedModel,
  batchSize: number,
): {
  readonly graph: Graph;
  readonly carry: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, FloatTensor>>;
} {
  const { graph, logits } = buildModelGraph(config, images.shape, batchSize);
  const carry: Record<string, string> = {};
  const state: Record<string, FloatTensor> = {};
  for (const { name } of config.network.parameters) {
    const inputs = layerInputs(graph.nodes(), weightInput(name));
    if (!inputs) continue;
    const products = gemm(graph, [inputs, inputs], { transposeLeft: true });
    const input = `${SUM}${name}`;
    const next = add(graph, graph.input(input, products.shape), products);
    carry[graph.output(next, `next:${input}`).name] = input;
    state[input] = { shape: products.shape, data: new Float32Array(sizeOf(products)) };
  }
  graph.output(logits, 'logits');
  return { graph: graph.finish(), carry, state };
}

/** What a linear layer multiplies its weight with, [batch, inputs]. */
function layerInputs(
  nodes: ReturnType<ReturnType<typeof buildModelGraph>['graph']['nodes']>,
  weight: string,
): Value | undefined {
  const node = nodes.find(
    ({ op, inputs }) => op === 'Gemm' && inputs.slice(0, 2).some(({ name }) => name === weight),
  );
  return node?.inputs.slice(0, 2).find(({ name }) => name !== weight);
}
