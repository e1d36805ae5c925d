import { expand, reshape } from '../graph/emit/layout.ts';
import { reducedShape } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';
import { type BackwardStep, constantInput, inputOf } from './rule.ts';

/** The gradient by a reduction's result, repeated along the axes that were reduced (input 1 of the node). */
export function repeatOverReduced(step: BackwardStep): Value {
  const { shape } = inputOf(step.node, 0);
  const kept = reducedShape(shape, constantInput(step, 1), true);
  return expand(step.graph, reshape(step.graph, step.upstream, kept), shape);
}
