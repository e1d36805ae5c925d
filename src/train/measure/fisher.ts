import { gradients } from '../autodiff/gradients.ts';
import { batchFeeds } from '../data/batches.ts';
import { add, multiply } from '../graph/emit/elementwise.ts';
import { reduceMean } from '../graph/emit/reduce.ts';
import { type Graph, sizeOf } from '../graph/value.ts';
import { buildModelGraph, evaluationGraph, weightFeeds } from '../model-graph.ts';
import { openExecutor } from '../runtime/executor.ts';
import type { FloatTensor, FloatTensors } from '../runtime/messages.ts';
import {
  drawnBatches,
  type LoadedModel,
  loadMeasured,
  type Measured,
  type MeasureOptions,
} from './measured-model.ts';

/**
 * The diagonal of the Fisher information of each trainable parameter: the mean over images of the squared gradients of the log-likelihood
 * of each class, by the probability that the model itself gives it; then scaled to a length of 1 over the whole model, so that a model whose
 * answers are less sure counts no more. Source: Matena and Raffel 2021, equation 4, and their code. Errors: as training.
 */
export async function measureFisher(options: MeasureOptions): Promise<Measured> {
  const loaded = await loadMeasured(options);
  const { config, images, weights } = loaded;
  const { classes } = config.network;
  const { runtime, signal, onEvent } = options;
  const { graph, carry, state } = squaresGraph(loaded);
  const forward = evaluationGraph(config, images.shape, 1);
  const resident = { ...weightFeeds(weights), ...state };
  await using answers = await openExecutor({
    ...runtime,
    graph: forward,
    resident: weightFeeds(weights),
    signal,
  });
  await using squares = await openExecutor({ ...runtime, graph, resident, carry, signal });
  let done = 0;
  const total = Math.min(options.examples, images.count);
  for (const positions of drawnBatches(images, options, 1)) {
    const feeds = () => batchFeeds(images, positions, { batchSize: 1, classes });
    const { logits } = await answers.run(feeds());
    const shares = probabilities(logits?.data ?? new Float32Array());
    for (const [label, share] of shares.entries()) {
      const labels = {
        shape: [1, classes],
        data: Float32Array.from({ length: classes }, (_, at) => (at === label ? 1 : 0)),
      };
      await squares.run({ ...feeds(), labels, share: { shape: [], data: Float32Array.of(share) } });
    }
    done++;
    onEvent?.({ type: 'progress', phase: 'measuring', done, total, unit: 'items' });
  }
  const sums = await squares.read(Object.values(carry));
  return { values: normalized(sums), dataDigest: images.digest };
}

/** Sums as vectors that have the length 1 together. */
function normalized(sums: FloatTensors): Measured['values'] {
  const square = Object.values(sums).reduce(
    (total, { data }) => data.reduce((sum, value) => sum + value * value, total),
    0,
  );
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
  return new Map(
    Object.entries(sums).map(([name, { data }]) => [name.slice(SUM.length), data.map(sum => factor * sum)]),
  );
}

const SUM = 'sum:';

/** One image: `sum:<parameter>` grows by `share` times the squared gradient of the loss. */
function squaresGraph({ config, images }: LoadedModel): {
  readonly graph: Graph;
  readonly carry: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, FloatTensor>>;
} {
  const { graph, parameters, losses } = buildModelGraph(config, images.shape, 1);
  const names = config.network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const weights = names.flatMap(name => parameters.get(name) ?? []);
  const share = graph.input('share', []);
  const carry: Record<string, string> = {};
  const state: Record<string, FloatTensor> = {};
  for (const [at, gradient] of gradients(graph, reduceMean(graph, losses), weights).entries()) {
    const input = `${SUM}${names[at]}`;
    const sum = graph.input(input, gradient.shape);
    const next = add(graph, sum, multiply(graph, multiply(graph, gradient, gradient), share));
    carry[graph.output(next, `next:${input}`).name] = input;
    state[input] = { shape: gradient.shape, data: new Float32Array(sizeOf(gradient)) };
  }
  return { graph: graph.finish(), carry, state };
}

function probabilities(logits: Float32Array): readonly number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, logit => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map(power => power / sum);
}
