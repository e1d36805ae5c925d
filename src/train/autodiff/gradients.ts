import { MgitError } from '../../base/errors.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { add } from '../graph/emit/elementwise.ts';
import { shapeError } from '../graph/shapes.ts';
import type { GraphNode, Value } from '../graph/value.ts';
import { GRADIENT_RULES } from './registry.ts';

/**
 * Emits the gradients of a scalar loss by each of `wanted`, in that order, into the same graph (reverse mode).
 * Errors: `GRADIENT_UNSUPPORTED` for an operator without a rule; `GRADIENT_UNREACHABLE` when the loss does not depend on
 * one of `wanted`.
 */
export function gradients(graph: GraphBuilder, loss: Value, wanted: readonly Value[]): readonly Value[] {
  if (loss.shape.length !== 0) throw shapeError(`a loss is a scalar, not [${loss.shape}]`);
  const forward = [...graph.nodes()];
  const active = dependents(forward, wanted);
  const collected = new Map<string, Value>([[loss.name, graph.constant([1], [])]]);
  for (const node of forward.reverse()) {
    const upstream = collected.get(node.output.name);
    if (upstream && active.has(node.output.name)) propagate({ graph, active, collected }, node, upstream);
  }
  return wanted.map(value => collected.get(value.name) ?? unreachable(value));
}

interface Backward {
  readonly graph: GraphBuilder;
  readonly active: ReadonlySet<string>;
  readonly collected: Map<string, Value>;
}

/** Names of the values that depend on one of `roots` by a path on which nothing is detached. */
function dependents(nodes: readonly GraphNode[], roots: readonly Value[]): ReadonlySet<string> {
  const names = new Set(roots.map(root => root.name));
  for (const node of nodes)
    if (node.inputs.some(input => !input.detached && names.has(input.name))) names.add(node.output.name);
  return names;
}

function propagate(backward: Backward, node: GraphNode, upstream: Value): void {
  const { graph, active, collected } = backward;
  const wants = (index: number): boolean => {
    const input = node.inputs[index];
    return input !== undefined && !input.detached && active.has(input.name);
  };
  const found = ruleOf(node).gradient({ graph, node, upstream, wants });
  node.inputs.forEach((input, index) => {
    const gradient = found[index];
    if (gradient === undefined || !wants(index)) return;
    const earlier = collected.get(input.name);
    collected.set(input.name, earlier ? add(graph, earlier, gradient) : gradient);
  });
}

function ruleOf(node: GraphNode): (typeof GRADIENT_RULES)[number] {
  const rule = GRADIENT_RULES.find(candidate => candidate.op === node.op);
  if (rule === undefined)
    throw new MgitError('GRADIENT_UNSUPPORTED', `no gradient is known for the operator ${node.op}`, {
      hint: 'train this model with your own command instead (see `command` in docs/training.md)',
    });
  return rule;
}

function unreachable(value: Value): never {
  throw new MgitError('GRADIENT_UNREACHABLE', `the loss does not depend on ${value.name}`);
}
