import type { GraphBuilder } from '../graph/builder.ts';
import type { GraphNode, Value } from '../graph/value.ts';

/** One node on the way back: the gradient of the loss by the node's output, and which inputs need theirs. */
export interface BackwardStep {
  readonly graph: GraphBuilder;
  readonly node: GraphNode;
  /** Has the shape of the node's output. */
  readonly upstream: Value;
  /** Whether the gradient by input `index` is needed; a rule may skip the others. */
  readonly wants: (index: number) => boolean;
}

/** The gradient of one ONNX operator. One file in `rules/`, listed in `registry.ts`. */
export interface GradientRule {
  readonly op: string;
  /** Emits the gradient by each input, of that input's shape; undefined where it is not wanted or is zero everywhere. */
  gradient(step: BackwardStep): readonly (Value | undefined)[];
}

/** Input `index` of a node. */
export function inputOf(node: GraphNode, index: number): Value {
  const input = node.inputs[index];
  if (input === undefined) throw new Error(`${node.op} has no input ${index}`);
  return input;
}

/** The numbers of a constant input, such as axes. */
export function constantInput(step: BackwardStep, index: number): readonly number[] {
  const data = step.graph.dataOf(inputOf(step.node, index));
  if (data === undefined) throw new Error(`input ${index} of ${step.node.op} is not a constant`);
  return data;
}

/** An integer attribute of a node. */
export function integerAttribute(node: GraphNode, name: string): number {
  const attribute = node.attributes[name];
  if (attribute?.kind !== 'int') throw new Error(`${node.op} has no integer attribute ${name}`);
  return attribute.value;
}

/** A list attribute of a node. */
export function integersAttribute(node: GraphNode, name: string): readonly number[] {
  const attribute = node.attributes[name];
  if (attribute?.kind !== 'ints') throw new Error(`${node.op} has no list attribute ${name}`);
  return attribute.value;
}
