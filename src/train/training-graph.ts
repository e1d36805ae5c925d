import type { ImageShape } from './architectures/architecture.ts';
import type { ModelConfig } from './architectures/model-config.ts';
import { gradients } from './autodiff/gradients.ts';
import { reduceMean } from './graph/emit/reduce.ts';
import { type Graph, sizeOf, type Value } from './graph/value.ts';
import { buildModelGraph, weightInput } from './model-graph.ts';
import type { Optimizer, OptimizerSettings } from './optimizers/optimizer.ts';
import type { FloatTensor } from './runtime/messages.ts';

/** One optimiser step as a graph: the model, its gradients and the update. */
export interface TrainingGraph {
  /** Output `loss`, the batch's mean, and the new value of everything in `carry`. */
  readonly graph: Graph;
  /** Outputs that become inputs of the next step. */
  readonly carry: Readonly<Record<string, string>>;
  /** The optimiser's state at the start: zeros, by input name. */
  readonly initialState: Readonly<Record<string, FloatTensor>>;
}

/** What is trained, and how. */
export interface TrainingGraphOptions {
  readonly config: ModelConfig;
  readonly shape: ImageShape;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  readonly settings: OptimizerSettings;
}

/** Emits a whole training step. Scalars of the optimiser are inputs `scalar:<name>` of rank 0. Errors: `GRADIENT_UNSUPPORTED`. */
export function buildTrainingGraph(options: TrainingGraphOptions): TrainingGraph {
  const { config, shape, batchSize, optimizer, settings } = options;
  const { graph, parameters, losses } = buildModelGraph(config, shape, batchSize);
  const loss = reduceMean(graph, losses);
  const trained = config.network.parameters.filter(({ trainable }) => trainable);
  const weights = trained.flatMap(({ name }) => parameters.get(name) ?? []);
  const scalars = new Map(optimizer.scalars.map(name => [name, graph.input(`scalar:${name}`, [])]));
  const scalar = (name: string): Value => {
    const value = scalars.get(name);
    if (value === undefined) throw new Error(`the optimiser has no scalar ${name}`);
    return value;
  };
  const carry: Record<string, string> = {};
  const initialState: Record<string, FloatTensor> = {};
  const carried = (value: Value, input: string): void => {
    carry[graph.output(value, `next:${input}`).name] = input;
  };
  const byWeight = gradients(graph, loss, weights);
  for (const [index, { name }] of trained.entries()) {
    const [weight, gradient] = [weights[index], byWeight[index]];
    if (weight === undefined || gradient === undefined) throw new Error(`no gradient for ${name}`);
    const stateNames = optimizer.states.map(state => `state:${state}:${name}`);
    const state = stateNames.map(input => graph.input(input, weight.shape));
    for (const input of stateNames)
      initialState[input] = { shape: weight.shape, data: new Float32Array(sizeOf(weight)) };
    const next = optimizer.update(graph, { weight, gradient, state, scalar }, settings);
    carried(next.weight, weightInput(name));
    next.state.forEach((value, position) => {
      carried(value, stateNames[position] as string);
    });
  }
  graph.output(loss, 'loss');
  return { graph: graph.finish(), carry, initialState };
}
