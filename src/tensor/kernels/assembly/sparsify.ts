// What methods on sparse task vectors do to elements: keep those of certain ranks or drawn at random, and those that agree on a sign.
// The scalar reference is src/tensor/kernels/reference/sparsify.ts; both give the same bits for every count.

// @ts-ignore: decorator
@inline
function countAt(place: usize): f64 {
  const seen = load<f64>(place);
  store<f64>(place, seen + 1);
  return seen;
}

function keepOneRanked<T>(place: usize, state: usize, low: T, high: T): void {
  const size = abs<T>(load<T>(place));
  let isKept = size > low && size < high;
  if (size == low) isKept = countAt(state + 32) < load<f64>(state + 16);
  if (size == high) isKept = countAt(state + 40) >= load<f64>(state + 24) && (isKept || size != low);
  if (!isKept) store<T>(place, 0 as T);
}

function keepRankedOf<T>(target: usize, count: usize, state: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const low = <T>load<f64>(state), high = <T>load<f64>(state + 8);
  const lows = v128.splat<T>(low), highs = v128.splat<T>(high);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const values = v128.load(target + at), sizes = v128.abs<T>(values);
    if (v128.any_true(v128.or(v128.eq<T>(sizes, lows), v128.eq<T>(sizes, highs)))) {
      for (let i = at; i < at + 16; i += sizeof<T>()) keepOneRanked<T>(target + i, state, low, high);
    } else {
      const isKept = v128.and(v128.gt<T>(sizes, lows), v128.lt<T>(sizes, highs));
      v128.store(target + at, v128.and(values, isKept));
    }
  }
  for (; at < end; at += sizeof<T>()) keepOneRanked<T>(target + at, state, low, high);
}

function keepAboveOf<T>(target: usize, count: usize, threshold: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const thresholds = v128.splat<T>(threshold);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const values = v128.load(target + at);
    v128.store(target + at, v128.and(values, v128.gt<T>(v128.abs<T>(values), thresholds)));
  }
  for (; at < end; at += sizeof<T>())
    if (!(abs<T>(load<T>(target + at)) > threshold)) store<T>(target + at, 0 as T);
}

function keepAgreeingOf<T>(target: usize, totals: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const zeros = v128.splat<T>(0 as T);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const values = v128.load(target + at), isPositive = v128.ge<T>(v128.load(totals + at), zeros);
    const agrees = v128.bitselect(v128.gt<T>(values, zeros), v128.lt<T>(values, zeros), isPositive);
    v128.store(target + at, v128.and(values, agrees));
  }
  for (; at < end; at += sizeof<T>()) {
    const value = load<T>(target + at);
    const agrees = load<T>(totals + at) >= (0 as T) ? value > (0 as T) : value < (0 as T);
    if (!agrees) store<T>(target + at, 0 as T);
  }
}

function markNonZeroOf<T>(target: usize, source: usize, count: usize, mark: T): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const zeros = v128.splat<T>(0 as T), marks = v128.splat<T>(mark);
  let at: usize = 0;
  for (; at < whole; at += 16) v128.store(target + at, v128.and(marks, v128.ne<T>(v128.load(source + at), zeros)));
  for (; at < end; at += sizeof<T>()) store<T>(target + at, load<T>(source + at) != (0 as T) ? mark : (0 as T));
}

function signsOf<T>(target: usize, source: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const zeros = v128.splat<T>(0 as T), ones = v128.splat<T>(1 as T);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const values = v128.load(source + at);
    const ups = v128.and(ones, v128.gt<T>(values, zeros)), downs = v128.and(ones, v128.lt<T>(values, zeros));
    v128.store(target + at, v128.sub<T>(ups, downs));
  }
  for (; at < end; at += sizeof<T>()) {
    const value = load<T>(source + at);
    store<T>(target + at, value > (0 as T) ? 1 as T : value < (0 as T) ? -1 as T : 0 as T);
  }
}

function divideWhereNonZeroOf<T>(target: usize, divisors: usize, count: usize): void {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  const zeros = v128.splat<T>(0 as T), ones = v128.splat<T>(1 as T);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const divisor = v128.load(divisors + at);
    const safe = v128.bitselect(ones, divisor, v128.eq<T>(divisor, zeros));
    v128.store(target + at, v128.div<T>(v128.load(target + at), safe));
  }
  for (; at < end; at += sizeof<T>()) {
    const divisor = load<T>(divisors + at);
    store<T>(target + at, load<T>(target + at) / (divisor == (0 as T) ? 1 as T : divisor));
  }
}

function sumMagnitudesOf<T>(source: usize, count: usize): f64 {
  let lane0: f64 = 0, lane1: f64 = 0, lane2: f64 = 0, lane3: f64 = 0;
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const place = source + i * sizeof<T>();
    lane0 += abs<f64>(<f64>load<T>(place));
    lane1 += abs<f64>(<f64>load<T>(place, sizeof<T>()));
    lane2 += abs<f64>(<f64>load<T>(place, 2 * sizeof<T>()));
    lane3 += abs<f64>(<f64>load<T>(place, 3 * sizeof<T>()));
  }
  if (i < count) lane0 += abs<f64>(<f64>load<T>(source + i * sizeof<T>()));
  if (i + 1 < count) lane1 += abs<f64>(<f64>load<T>(source + (i + 1) * sizeof<T>()));
  if (i + 2 < count) lane2 += abs<f64>(<f64>load<T>(source + (i + 2) * sizeof<T>()));
  return lane0 + lane1 + (lane2 + lane3);
}

/**
 * Keeps elements whose magnitude lies between two others, and some of those that equal one of them, in their order. `state` is six f64: the low
 * magnitude and the high one, how many that equal the low one are kept (the first), how many that equal the high one are not (the first),
 * and how many of each were seen, which the kernel counts on.
 */
export function keepRankedF32(target: usize, count: usize, state: usize): void { keepRankedOf<f32>(target, count, state); }
export function keepRankedF64(target: usize, count: usize, state: usize): void { keepRankedOf<f64>(target, count, state); }

/** target[i] = 0 unless |target[i]| > threshold */
export function keepAboveF32(target: usize, count: usize, threshold: f32): void {
  keepAboveOf<f32>(target, count, threshold);
}
export function keepAboveF64(target: usize, count: usize, threshold: f64): void {
  keepAboveOf<f64>(target, count, threshold);
}

/** target[i] = 0 unless its sign is that of totals[i], where no sign counts as positive; a target of 0 stays */
export function keepAgreeingF32(target: usize, totals: usize, count: usize): void {
  keepAgreeingOf<f32>(target, totals, count);
}
export function keepAgreeingF64(target: usize, totals: usize, count: usize): void {
  keepAgreeingOf<f64>(target, totals, count);
}

/** target[i] = source[i] is 0 ? 0 : mark */
export function markNonZeroF32(target: usize, source: usize, count: usize, mark: f32): void {
  markNonZeroOf<f32>(target, source, count, mark);
}
export function markNonZeroF64(target: usize, source: usize, count: usize, mark: f64): void {
  markNonZeroOf<f64>(target, source, count, mark);
}

/** target[i] = the sign of source[i]: -1, 0 or 1 */
export function signsF32(target: usize, source: usize, count: usize): void { signsOf<f32>(target, source, count); }
export function signsF64(target: usize, source: usize, count: usize): void { signsOf<f64>(target, source, count); }

/** target[i] /= divisors[i], unless that is 0 */
export function divideWhereNonZeroF32(target: usize, divisors: usize, count: usize): void {
  divideWhereNonZeroOf<f32>(target, divisors, count);
}
export function divideWhereNonZeroF64(target: usize, divisors: usize, count: usize): void {
  divideWhereNonZeroOf<f64>(target, divisors, count);
}

/** Sum of |source[i]|: element i goes to lane i modulo 4; the lanes are added as (0 + 1) + (2 + 3). */
export function sumMagnitudesF32(source: usize, count: usize): f64 { return sumMagnitudesOf<f32>(source, count); }
export function sumMagnitudesF64(source: usize, count: usize): f64 { return sumMagnitudesOf<f64>(source, count); }
