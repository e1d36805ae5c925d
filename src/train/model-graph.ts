import type { ImageShape } from './architectures/architecture.ts';
import type { InputPreparation, ModelConfig } from './architectures/model-config.ts';
import { createGraph, type GraphBuilder } from './graph/builder.ts';
import { softmaxCrossEntropy } from './graph/emit/cross-entropy.ts';
import { divide, scalar, subtract } from './graph/emit/elementwise.ts';
import type { Graph, Value } from './graph/value.ts';
import type { FloatTensors } from './runtime/messages.ts';
import type { Weights } from './weights/load-weights.ts';

/** A model's graph up to the loss of each image. */
export interface ModelGraph {
  readonly graph: GraphBuilder;
  /** Parameters by their names in the file; inputs of the graph, see {@link weightInput}. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** [N, classes] */
  readonly logits: Value;
  /** [N], in nats */
  readonly losses: Value;
}

/** Emits a model with inputs `images` [N, C, H, W] in 0..255, `labels` one-hot [N, classes], and its weights. */
export function buildModelGraph(config: ModelConfig, shape: ImageShape, batchSize: number): ModelGraph {
  const { network } = config;
  const graph = createGraph();
  const images = graph.input('images', [batchSize, ...shape]);
  const labels = graph.input('labels', [batchSize, network.classes]);
  const parameters = new Map(
    network.parameters.map(({ name, shape }) => [name, graph.input(weightInput(name), shape)]),
  );
  const parameter = (name: string): Value => {
    const value = parameters.get(name);
    if (value === undefined) throw new Error(`the network has no parameter ${name}`);
    return value;
  };
  const logits = network.forward(graph, prepared(graph, images, config.input), parameter);
  return { graph, parameters, logits, losses: softmaxCrossEntropy(graph, logits, labels) };
}

/** The graph of an evaluation: outputs `logits` [N, classes] and `losses` [N]. */
export function evaluationGraph(config: ModelConfig, shape: ImageShape, batchSize: number): Graph {
  const { graph, logits, losses } = buildModelGraph(config, shape, batchSize);
  graph.output(logits, 'logits');
  graph.output(losses, 'losses');
  return graph.finish();
}

/** The name of the graph input that holds a parameter. */
export function weightInput(parameter: string): string {
  return `weight:${parameter}`;
}

/** Weights under the names of the graph's inputs. */
export function weightFeeds(weights: Weights): FloatTensors {
  return Object.fromEntries([...weights].map(([name, tensor]) => [weightInput(name), tensor]));
}

function prepared(graph: GraphBuilder, pixels: Value, { scale, mean, std }: InputPreparation): Value {
  const channels = (numbers: readonly number[]): Value => graph.constant(numbers, [1, numbers.length, 1, 1]);
  const scaled = divide(graph, pixels, scalar(graph, scale));
  if (mean.every(number => number === 0) && std.every(number => number === 1)) return scaled;
  return divide(graph, subtract(graph, scaled, channels(mean)), channels(std));
}
