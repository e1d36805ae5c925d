import { MgitError } from '../../../base/errors.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { add, divide, multiply, scalar, squareRoot, subtract } from '../../graph/emit/elementwise.ts';
import { reshape } from '../../graph/emit/layout.ts';
import { reduceSum } from '../../graph/emit/reduce.ts';
import type { Value } from '../../graph/value.ts';
import { type BackwardStep, type GradientRule, inputOf } from '../rule.ts';

/** With running statistics a batch normalisation is affine per channel. The statistics themselves are not trained. */
export const rule: GradientRule = {
  op: 'BatchNormalization',
  gradient: step => {
    const { graph, node, upstream, wants } = step;
    if (wants(3) || wants(4))
      throw new MgitError('GRADIENT_UNSUPPORTED', 'running statistics of BatchNormalization are not trained');
    const [input, scale, bias] = [inputOf(node, 0), inputOf(node, 1), inputOf(node, 2)];
    const inverse = inverseDeviation(step);
    const gain = multiply(graph, perChannel(graph, scale, input), inverse);
    return [
      wants(0) ? multiply(graph, upstream, gain) : undefined,
      wants(1)
        ? sumPerChannel(graph, multiply(graph, upstream, normalized(step, inverse)), scale)
        : undefined,
      wants(2) ? sumPerChannel(graph, upstream, bias) : undefined,
    ];
  },
};

function normalized({ graph, node }: BackwardStep, inverse: Value): Value {
  const input = inputOf(node, 0);
  const centered = subtract(graph, input, perChannel(graph, inputOf(node, 3), input));
  return multiply(graph, centered, inverse);
}

function inverseDeviation({ graph, node }: BackwardStep): Value {
  const epsilon = node.attributes.epsilon;
  if (epsilon?.kind !== 'float') throw new Error('BatchNormalization without epsilon');
  const variance = perChannel(graph, inputOf(node, 4), inputOf(node, 0));
  const deviation = squareRoot(graph, add(graph, variance, scalar(graph, epsilon.value)));
  return divide(graph, scalar(graph, 1), deviation);
}

/** [C] as [1, C, 1, ...], to broadcast against the input. */
function perChannel(graph: GraphBuilder, vector: Value, input: Value): Value {
  return reshape(
    graph,
    vector,
    input.shape.map((size, axis) => (axis === 1 ? size : 1)),
  );
}

function sumPerChannel(graph: GraphBuilder, value: Value, like: Value): Value {
  const axes = value.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return reshape(graph, reduceSum(graph, value, { axes }), like.shape);
}
