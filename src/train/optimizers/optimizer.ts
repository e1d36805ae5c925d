import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/value.ts';

/** Numbers of an optimiser, validated and with defaults filled in. */
export interface OptimizerSettings {
  readonly momentum: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** One parameter's values in one update, and the scalars of this step by name. */
export interface UpdateInputs {
  readonly weight: Value;
  readonly gradient: Value;
  /** As many as `states`, zero at the start. */
  readonly state: readonly Value[];
  readonly scalar: (name: string) => Value;
}

/** New values of one parameter. */
export interface UpdateOutputs {
  readonly weight: Value;
  readonly state: readonly Value[];
}

/** One optimiser, emitted as ONNX operators. Registered in `registry.ts`. */
export interface Optimizer {
  readonly name: string;
  /** Names of the tensors kept per parameter, each of its shape. */
  readonly states: readonly string[];
  /** Names of the scalars that {@link Optimizer.schedule} gives for every step. */
  readonly scalars: readonly string[];
  update(graph: GraphBuilder, inputs: UpdateInputs, settings: OptimizerSettings): UpdateOutputs;
  /** Starts a run: called once per step, in order, with the step's learning rate. */
  schedule(settings: OptimizerSettings): (learningRate: number) => Readonly<Record<string, number>>;
}
