import type { GradientRule } from './rule.ts';
import { rule as add } from './rules/add.ts';
import { rule as batchNormalization } from './rules/batch-normalization.ts';
import { rule as convolution } from './rules/convolution.ts';
import { rule as divide } from './rules/divide.ts';
import { rule as expand } from './rules/expand.ts';
import { rule as exponential } from './rules/exponential.ts';
import { rule as flatten } from './rules/flatten.ts';
import { rule as gemm } from './rules/gemm.ts';
import { rule as globalAveragePool } from './rules/global-average-pool.ts';
import { rule as logarithm } from './rules/logarithm.ts';
import { rule as matrixMultiply } from './rules/matrix-multiply.ts';
import { rule as multiply } from './rules/multiply.ts';
import { rule as pad } from './rules/pad.ts';
import { rule as reduceMean } from './rules/reduce-mean.ts';
import { rule as reduceSum } from './rules/reduce-sum.ts';
import { rule as relu } from './rules/relu.ts';
import { rule as reshape } from './rules/reshape.ts';
import { rule as slice } from './rules/slice.ts';
import { rule as subtract } from './rules/subtract.ts';
import { rule as tanh } from './rules/tanh.ts';
import { rule as transpose } from './rules/transpose.ts';

/** All gradient rules. An operator that is not here cannot be trained through. */
export const GRADIENT_RULES: readonly GradientRule[] = [
  add,
  batchNormalization,
  convolution,
  divide,
  expand,
  exponential,
  flatten,
  gemm,
  globalAveragePool,
  logarithm,
  matrixMultiply,
  multiply,
  pad,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  slice,
  subtract,
  tanh,
  transpose,
];
