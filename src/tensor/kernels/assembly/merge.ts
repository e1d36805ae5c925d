// Arithmetic of the merge methods, on f32 and f64 elements. Lane by lane IEEE 754: no contraction, no reassociation.
// The scalar reference is src/tensor/kernels/reference/merge.ts; both give the same bits for every count.

function scaleOf<T>(target: usize, source: usize, count: usize, factor: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const factors = v128.splat<T>(factor);
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.mul<T>(v128.load(source + at), factors));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(source + at) * factor);
}

function addScaledOf<T>(target: usize, source: usize, count: usize, factor: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const factors = v128.splat<T>(factor);
  let at: usize = 0;
  for (; at < whole; at += 16)
    v128.store(target + at, v128.add<T>(v128.load(target + at), v128.mul<T>(v128.load(source + at), factors)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(target + at) + load<T>(source + at) * factor);
}

function addOf<T>(target: usize, source: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.add<T>(v128.load(target + at), v128.load(source + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(target + at) + load<T>(source + at));
}

function subtractOf<T>(target: usize, source: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.sub<T>(v128.load(target + at), v128.load(source + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(target + at) - load<T>(source + at));
}

function multiplyOf<T>(target: usize, source: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.mul<T>(v128.load(target + at), v128.load(source + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(target + at) * load<T>(source + at));
}

function absoluteOf<T>(target: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.abs<T>(v128.load(target + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, abs<T>(load<T>(target + at)));
}

function divideIntoOf<T>(target: usize, count: usize, numerator: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const numerators = v128.splat<T>(numerator);
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.div<T>(numerators, v128.load(target + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, numerator / load<T>(target + at));
}

function complementOf<T>(target: usize, source: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const ones = v128.splat<T>(1 as T);
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.sub<T>(ones, v128.load(source + at)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, (1 as T) - load<T>(source + at));
}

function clampToUnitOf<T>(target: usize, count: usize): void {
  for (let at: usize = 0; at < count * sizeof<T>(); at += sizeof<T>()) {
    const value = load<T>(target + at);
    store<T>(target + at, value < (1 as T) ? (value > (0 as T) ? value : 0 as T) : 1 as T);
  }
}

function divideOf<T>(target: usize, count: usize, divisor: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const divisors = v128.splat<T>(divisor);
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.div<T>(v128.load(target + at), divisors));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(target + at) / divisor);
}

// WebAssembly leaves the payload of a NaN open; a stored result must not depend on it.
function canonicalNanOf<T>(target: usize, count: usize, nan: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const nans = v128.splat<T>(nan);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const values = v128.load(target + at);
    v128.store(target + at, v128.bitselect(values, nans, v128.eq<T>(values, values)));
  }
  for (; at < end; at += sizeof<T>()) {
    const value = load<T>(target + at);
    if (value != value) store<T>(target + at, nan);
  }
}

/** target[i] = source[i] * factor */
export function mergeScaleF32(target: usize, source: usize, count: usize, factor: f32): void {
  scaleOf<f32>(target, source, count, factor);
}
export function mergeScaleF64(target: usize, source: usize, count: usize, factor: f64): void {
  scaleOf<f64>(target, source, count, factor);
}

/** target[i] += source[i] * factor, the product rounded before the sum */
export function mergeAddScaledF32(target: usize, source: usize, count: usize, factor: f32): void {
  addScaledOf<f32>(target, source, count, factor);
}
export function mergeAddScaledF64(target: usize, source: usize, count: usize, factor: f64): void {
  addScaledOf<f64>(target, source, count, factor);
}

/** target[i] += source[i] */
export function mergeAddF32(target: usize, source: usize, count: usize): void {
  addOf<f32>(target, source, count);
}
export function mergeAddF64(target: usize, source: usize, count: usize): void {
  addOf<f64>(target, source, count);
}

/** target[i] -= source[i] */
export function mergeSubtractF32(target: usize, source: usize, count: usize): void {
  subtractOf<f32>(target, source, count);
}
export function mergeSubtractF64(target: usize, source: usize, count: usize): void {
  subtractOf<f64>(target, source, count);
}

/** target[i] *= source[i] */
export function mergeMultiplyF32(target: usize, source: usize, count: usize): void {
  multiplyOf<f32>(target, source, count);
}
export function mergeMultiplyF64(target: usize, source: usize, count: usize): void {
  multiplyOf<f64>(target, source, count);
}

/** target[i] = |target[i]| */
export function mergeAbsoluteF32(target: usize, count: usize): void {
  absoluteOf<f32>(target, count);
}
export function mergeAbsoluteF64(target: usize, count: usize): void {
  absoluteOf<f64>(target, count);
}

/** target[i] = numerator / target[i] */
export function mergeDivideIntoF32(target: usize, count: usize, numerator: f32): void {
  divideIntoOf<f32>(target, count, numerator);
}
export function mergeDivideIntoF64(target: usize, count: usize, numerator: f64): void {
  divideIntoOf<f64>(target, count, numerator);
}

/** target[i] = 1 - source[i] */
export function mergeComplementF32(target: usize, source: usize, count: usize): void {
  complementOf<f32>(target, source, count);
}
export function mergeComplementF64(target: usize, source: usize, count: usize): void {
  complementOf<f64>(target, source, count);
}

/** target[i] = target[i], at least 0 and at most 1; NaN becomes 1 */
export function mergeClampToUnitF32(target: usize, count: usize): void {
  clampToUnitOf<f32>(target, count);
}
export function mergeClampToUnitF64(target: usize, count: usize): void {
  clampToUnitOf<f64>(target, count);
}

/** target[i] /= divisor */
export function mergeDivideF32(target: usize, count: usize, divisor: f32): void {
  divideOf<f32>(target, count, divisor);
}
export function mergeDivideF64(target: usize, count: usize, divisor: f64): void {
  divideOf<f64>(target, count, divisor);
}

/** Replaces every NaN by the positive quiet one without payload. */
export function mergeCanonicalNanF32(target: usize, count: usize): void {
  canonicalNanOf<f32>(target, count, reinterpret<f32>(0x7fc00000));
}
export function mergeCanonicalNanF64(target: usize, count: usize): void {
  canonicalNanOf<f64>(target, count, reinterpret<f64>(0x7ff8000000000000));
}
