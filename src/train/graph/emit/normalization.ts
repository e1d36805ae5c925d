import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../value.ts';

/** The four vectors [C] of a batch normalisation. */
export interface NormalizationParameters {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** Batch normalisation by running statistics: `(x - mean) / sqrt(variance + epsilon) * scale + bias` per channel. */
export function batchNormalization(
  graph: GraphBuilder,
  input: Value,
  options: NormalizationParameters & { readonly epsilon: number },
): Value {
  const { scale, bias, mean, variance, epsilon } = options;
  return graph.node({
    op: 'BatchNormalization',
    inputs: [input, scale, bias, mean, variance],
    attributes: { epsilon: { kind: 'float', value: epsilon } },
    shape: input.shape,
  });
}
