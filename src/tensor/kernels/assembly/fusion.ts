// What Arcee fusion measures: the divergence between two rows of weights as distributions, in f64, and the choice by a threshold.
// The scalar reference is src/tensor/kernels/reference/fusion.ts; both give the same bits for every count.
import { exponential, logarithm } from './elementary';

// @ts-ignore: decorator
@inline
function at<T>(source: usize, i: usize): f64 {
  return <f64>load<T>(source + i * sizeof<T>());
}

function largestOf<T>(source: usize, count: usize, start: f64): f64 {
  let largest = start;
  for (let i: usize = 0; i < count; i++) largest = max(largest, at<T>(source, i));
  return largest;
}

function sumExponentialsOf<T>(source: usize, count: usize, shift: f64): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < count; i++) sum += exponential(at<T>(source, i) - shift);
  return sum;
}

function sumDivergenceOf<T>(
  left: usize, right: usize, count: usize,
  leftShift: f64, leftSum: f64, rightShift: f64, rightSum: f64, eps: f64,
): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < count; i++) {
    const p = exponential(at<T>(left, i) - leftShift) / leftSum + eps;
    const q = exponential(at<T>(right, i) - rightShift) / rightSum + eps;
    sum += p * logarithm(p / q);
  }
  return sum;
}

function chooseAtLeastOf<T>(target: usize, source: usize, scores: usize, count: usize, threshold: f64): void {
  for (let i: usize = 0; i < count; i++)
    if (at<T>(scores, i) >= threshold) store<T>(target + i * sizeof<T>(), load<T>(source + i * sizeof<T>()));
}

/** The largest of `start` and all elements. */
export function largestF32(source: usize, count: usize, start: f64): f64 { return largestOf<f32>(source, count, start); }
export function largestF64(source: usize, count: usize, start: f64): f64 { return largestOf<f64>(source, count, start); }

/** Sum of e^(source[i] - shift), one after the other; shift is not below any element */
export function sumExponentialsF32(source: usize, count: usize, shift: f64): f64 {
  return sumExponentialsOf<f32>(source, count, shift);
}
export function sumExponentialsF64(source: usize, count: usize, shift: f64): f64 {
  return sumExponentialsOf<f64>(source, count, shift);
}

/** Sum of p ln(p / q), one after the other, where p and q are e^(element - shift) / sum + eps of left and right */
export function sumDivergenceF32(
  left: usize, right: usize, count: usize,
  leftShift: f64, leftSum: f64, rightShift: f64, rightSum: f64, eps: f64,
): f64 {
  return sumDivergenceOf<f32>(left, right, count, leftShift, leftSum, rightShift, rightSum, eps);
}
export function sumDivergenceF64(
  left: usize, right: usize, count: usize,
  leftShift: f64, leftSum: f64, rightShift: f64, rightSum: f64, eps: f64,
): f64 {
  return sumDivergenceOf<f64>(left, right, count, leftShift, leftSum, rightShift, rightSum, eps);
}

/** target[i] = source[i] where scores[i] is at least the threshold */
export function chooseAtLeastF32(target: usize, source: usize, scores: usize, count: usize, threshold: f64): void {
  chooseAtLeastOf<f32>(target, source, scores, count, threshold);
}
export function chooseAtLeastF64(target: usize, source: usize, scores: usize, count: usize, threshold: f64): void {
  chooseAtLeastOf<f64>(target, source, scores, count, threshold);
}
