import type { GraphBuilder } from '../builder.ts';
import { dimension, normalAxis, reducedShape } from '../shapes.ts';
import type { Value } from '../value.ts';
import { integers } from './layout.ts';

/** Which axes a reduction removes (default: all), and whether they stay with size 1 (default: no). */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keepDimensions?: boolean;
}

const reduction =
  (op: string) =>
  (graph: GraphBuilder, input: Value, options: ReduceOptions = {}): Value => {
    const rank = input.shape.length;
    const axes = (options.axes ?? input.shape.map((_, axis) => axis)).map(axis => normalAxis(axis, rank));
    const keepDimensions = options.keepDimensions ?? false;
    return graph.node({
      op,
      inputs: [input, integers(graph, axes)],
      attributes: { keepdims: { kind: 'int', value: keepDimensions ? 1 : 0 } },
      shape: reducedShape(input.shape, axes, keepDimensions),
    });
  };

/** Reductions over axes. Source: ONNX operators, version 18 (axes are an input). */
export const reduceSum = reduction('ReduceSum');
export const reduceMean = reduction('ReduceMean');
export const reduceMax = reduction('ReduceMax');

/** The mean of each channel: [N, C, H, W] to [N, C, 1, 1]. */
export function globalAveragePool(graph: GraphBuilder, images: Value): Value {
  const shape = [dimension(images.shape, 0), dimension(images.shape, 1), 1, 1];
  return graph.node({ op: 'GlobalAveragePool', inputs: [images], shape });
}
