import { expect, test } from 'vitest';
import { gradients } from '../../../src/train/autodiff/gradients.ts';
import { GRADIENT_RULES } from '../../../src/train/autodiff/registry.ts';
import { createGraph, type GraphBuilder } from '../../../src/train/graph/builder.ts';
import { convolution } from '../../../src/train/graph/emit/convolution.ts';
import { softmaxCrossEntropy } from '../../../src/train/graph/emit/cross-entropy.ts';
import {
  add,
  divide,
  exponential,
  logarithm,
  multiply,
  relu,
  squareRoot,
  subtract,
  tanh,
} from '../../../src/train/graph/emit/elementwise.ts';
import { expand, flatten, pad, reshape, slice, transpose } from '../../../src/train/graph/emit/layout.ts';
import { gemm, matrixMultiply } from '../../../src/train/graph/emit/linear.ts';
import { batchNormalization } from '../../../src/train/graph/emit/normalization.ts';
import { globalAveragePool, reduceMean, reduceSum } from '../../../src/train/graph/emit/reduce.ts';
import type { Value } from '../../../src/train/graph/value.ts';
import { type CheckedInput, gradientAgreement } from '../../testkit/gradient-check.ts';

interface Case {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly CheckedInput[];
  readonly build: (graph: GraphBuilder, inputs: readonly [Value, Value, Value, Value, Value]) => Value;
}

const shapes = (...list: readonly (readonly number[])[]): readonly CheckedInput[] =>
  list.map(shape => ({ shape }));
const convolutionCase = (channels: number, options: Parameters<typeof convolution>[2]): Case => ({
  op: 'Conv',
  name: `Conv of ${channels} channels, ${JSON.stringify(options)}`,
  inputs: shapes([2, channels, 6, 5], [3, channels, 3, 3], [3]),
  build: (graph, [images, kernels, bias]) => convolution(graph, [images, kernels, bias], options),
});

const CASES: readonly Case[] = [
  ...(
    [
      ['Add', add],
      ['Sub', subtract],
      ['Mul', multiply],
    ] as const
  ).flatMap(([op, emit]): Case[] => [
    { op, name: op, inputs: shapes([2, 3], [2, 3]), build: (graph, [a, b]) => emit(graph, a, b) },
    {
      op,
      name: `${op}, right broadcast`,
      inputs: shapes([4, 2, 3], [2, 1]),
      build: (graph, [a, b]) => emit(graph, a, b),
    },
    {
      op,
      name: `${op}, left broadcast`,
      inputs: shapes([3], [2, 3]),
      build: (graph, [a, b]) => emit(graph, a, b),
    },
  ]),
  {
    op: 'Mul',
    name: 'a value used twice',
    inputs: shapes([2, 3]),
    build: (graph, [a]) => multiply(graph, a, a),
  },
  {
    op: 'Div',
    name: 'Div, broadcast',
    inputs: [{ shape: [3, 2] }, { shape: [2], positive: true }],
    build: (graph, [a, b]) => divide(graph, a, b),
  },
  { op: 'Relu', name: 'Relu', inputs: shapes([4, 5]), build: (graph, [a]) => relu(graph, a) },
  { op: 'Tanh', name: 'Tanh', inputs: shapes([4, 5]), build: (graph, [a]) => tanh(graph, a) },
  { op: 'Exp', name: 'Exp', inputs: shapes([4, 5]), build: (graph, [a]) => exponential(graph, a) },
  {
    op: 'Log',
    name: 'Log',
    inputs: [{ shape: [4, 5], positive: true }],
    build: (graph, [a]) => logarithm(graph, a),
  },
  {
    op: 'MatMul',
    name: 'MatMul',
    inputs: shapes([3, 4], [4, 2]),
    build: (graph, [a, b]) => matrixMultiply(graph, a, b),
  },
  {
    op: 'MatMul',
    name: 'MatMul, batch broadcast',
    inputs: shapes([2, 3, 4], [4, 2]),
    build: (graph, [a, b]) => matrixMultiply(graph, a, b),
  },
  ...[false, true].flatMap(transposeLeft =>
    [false, true].map(
      (transposeRight): Case => ({
        op: 'Gemm',
        name: `Gemm, transposed ${transposeLeft} ${transposeRight}`,
        inputs: shapes(transposeLeft ? [4, 3] : [3, 4], transposeRight ? [2, 4] : [4, 2], [2]),
        build: (graph, [a, b, bias]) => gemm(graph, [a, b, bias], { transposeLeft, transposeRight }),
      }),
    ),
  ),
  {
    op: 'Gemm',
    name: 'Gemm, wide with long sums',
    inputs: shapes([2, 130], [3, 130], [3]),
    build: (graph, [a, b, bias]) => gemm(graph, [a, b, bias], { transposeRight: true }),
  },
  convolutionCase(2, {}),
  convolutionCase(2, { stride: 2, padding: 1 }),
  convolutionCase(2, { dilation: 2, padding: 2 }),
  convolutionCase(16, { padding: 1 }),
  convolutionCase(16, { stride: 2, padding: 1 }),
  {
    op: 'BatchNormalization',
    name: 'BatchNormalization',
    inputs: [
      ...shapes([2, 3, 2, 2], [3], [3]),
      { shape: [3], wanted: false },
      { shape: [3], positive: true, wanted: false },
    ],
    build: (graph, [input, scale, bias, mean, variance]) =>
      batchNormalization(graph, input, { scale, bias, mean, variance, epsilon: 1e-5 }),
  },
  {
    op: 'GlobalAveragePool',
    name: 'GlobalAveragePool',
    inputs: shapes([2, 3, 4, 4]),
    build: (graph, [a]) => globalAveragePool(graph, a),
  },
  {
    op: 'Reshape',
    name: 'Reshape',
    inputs: shapes([2, 6]),
    build: (graph, [a]) => reshape(graph, a, [3, 4]),
  },
  { op: 'Flatten', name: 'Flatten', inputs: shapes([2, 3, 2]), build: (graph, [a]) => flatten(graph, a) },
  {
    op: 'Transpose',
    name: 'Transpose',
    inputs: shapes([2, 3, 4]),
    build: (graph, [a]) => transpose(graph, a, [2, 0, 1]),
  },
  {
    op: 'Pad',
    name: 'Pad',
    inputs: shapes([2, 3]),
    build: (graph, [a]) => pad(graph, a, { before: [1, 0], after: [0, 2] }),
  },
  {
    op: 'Slice',
    name: 'Slice, stepped',
    inputs: shapes([5, 7]),
    build: (graph, [a]) =>
      slice(graph, a, [
        { axis: 0, start: 1, end: 5, step: 2 },
        { axis: 1, start: 0, end: 7, step: 3 },
      ]),
  },
  {
    op: 'Expand',
    name: 'Expand',
    inputs: shapes([2, 1, 3]),
    build: (graph, [a]) => expand(graph, a, [2, 4, 3]),
  },
  {
    op: 'ReduceSum',
    name: 'ReduceSum',
    inputs: shapes([2, 3, 4]),
    build: (graph, [a]) => reduceSum(graph, a, { axes: [1] }),
  },
  {
    op: 'ReduceMean',
    name: 'ReduceMean, kept',
    inputs: shapes([2, 3, 4]),
    build: (graph, [a]) => reduceMean(graph, a, { axes: [0, -1], keepDimensions: true }),
  },
  {
    op: 'softmax cross-entropy',
    name: 'softmax cross-entropy by its logits',
    inputs: [{ shape: [3, 5] }, { shape: [3, 5], wanted: false }],
    build: (graph, [logits]) => {
      const oneHot = [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0];
      return softmaxCrossEntropy(graph, logits, graph.constant(oneHot, [3, 5]));
    },
  },
];

test.each(CASES)('gradient of $name agrees with finite differences', async ({ inputs, build }) => {
  const emit = build as (graph: GraphBuilder, inputs: readonly Value[]) => Value;
  for (const { cosine, ratio } of await gradientAgreement(inputs, emit)) {
    expect(cosine).toBeGreaterThan(0.9999);
    expect(ratio).toBeCloseTo(1, 2);
  }
});

test('every rule has a case', () => {
  const untested = GRADIENT_RULES.map(({ op }) => op).filter(op => !CASES.some(known => known.op === op));
  expect(untested).toEqual([]);
});

test('an operator without a rule is refused by name', () => {
  const graph = createGraph();
  const input = graph.input('x', [2]);
  const loss = reduceSum(graph, squareRoot(graph, input));
  expect(() => gradients(graph, loss, [input])).toThrow(
    expect.objectContaining({ code: 'GRADIENT_UNSUPPORTED', message: expect.stringContaining('Sqrt') }),
  );
});

test('a loss that does not depend on a parameter is refused', () => {
  const graph = createGraph();
  const [used, unused] = [graph.input('used', [2]), graph.input('unused', [2])];
  expect(() => gradients(graph, reduceSum(graph, used), [used, unused])).toThrow(
    expect.objectContaining({ code: 'GRADIENT_UNREACHABLE' }),
  );
});
