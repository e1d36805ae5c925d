import { type Dtype, elementCount } from '../../tensor/dtype.ts';
import type { MethodTask } from '../method.ts';
import { type Slice, slicesOf } from '../slices.ts';
import type { Register, Workspace } from '../workspace.ts';

/** The order of a sum: each lane is added from its first term on, then the lanes are added to the first. */
export type SumOrder<Term> = readonly (readonly Term[])[];

/** Puts terms in the order in which they are added. */
export type OrderTerms = <Term>(terms: readonly Term[]) => SumOrder<Term>;

/** A slice of a tensor, and how to add up stacked models there. */
export interface OrderedSlice {
  readonly slice: Slice;
  readonly order: OrderTerms;
}

/** The order of `row_sum` in PyTorch; equal to the plain one up to four terms. */
export function interleavedOrder<Term>(terms: readonly Term[]): SumOrder<Term> {
  const whole = Math.floor(terms.length / 4) * 4;
  const lanes = [0, 1, 2, 3].map(lane => terms.slice(0, whole).filter((_, index) => index % 4 === lane));
  const [first = [], ...others] = lanes;
  return [[...first, ...terms.slice(whole)], ...others];
}

/** One after the other. */
export function plainOrder<Term>(terms: readonly Term[]): SumOrder<Term> {
  return [terms];
}

/**
 * The slices of a tensor with the order in which PyTorch adds stacked models there. It sums a leading dimension on AVX2 in
 * blocks of 4 vectors of 8 floats (of 4 doubles) in plain order; what is left over goes through four partial sums.
 * Source: aten/src/ATen/native/cpu/SumKernel.cpp (`vectorized_outer_sum`).
 */
export function* torchSlices(task: MethodTask): Iterable<OrderedSlice> {
  const block = task.dtype === 'F64' ? 16 : 32;
  const boundary = Math.floor(elementCount(task.shape) / block) * block;
  for (const slice of slicesOf(task, boundary))
    yield { slice, order: slice.start < boundary ? plainOrder : interleavedOrder };
}

/** Adds numbers in the precision of the dtype's sums: float32, or float64 for F64. */
export function sumNumbers(dtype: Dtype, order: SumOrder<number>): number {
  const round = dtype === 'F64' ? (value: number): number => value : Math.fround;
  const add = (total: number, value: number): number => round(total + value);
  return order.map(lane => lane.reduce(add, 0)).reduce(add, 0);
}

/** Adds registers to `total`, which the caller has cleared. Overwrites the first term of each lane. */
export function sumRegisters(work: Workspace, total: Register, order: SumOrder<Register>): void {
  const [main = [], ...lanes] = order;
  for (const term of main) work.add(total, term);
  for (const [first, ...others] of lanes) {
    if (first === undefined) continue;
    for (const term of others) work.add(first, term);
    work.add(total, first);
  }
}
