// Elements that are kept at random: a generator that is indexed by the element, so that neither slices nor threads matter, and probabilities
// that follow the ranks of magnitudes. The scalar reference is src/tensor/kernels/reference/sample.ts; both give the same bits for every count.

/** Magnitudes are told apart by the upper 15 bits of their F32: eight of exponent, seven of fraction. */
const BUCKETS: usize = 0x8000;
/** Behind the counts: the lowest and the highest bucket that holds anything, except that of the smallest magnitudes. */
const LOWEST: usize = BUCKETS << 3;
const HIGHEST: usize = LOWEST + 8;

// Source: Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators (SplitMix64).
// @ts-ignore: decorator
@inline
function wordAt(key: u64, index: u64): u64 {
  let word = key + (index + 1) * 0x9e3779b97f4a7c15;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

/** 32 random bits for element i: half of a word that it shares with its neighbour. */
// @ts-ignore: decorator
@inline
function drawAt(key: u64, i: u64): u64 {
  return (wordAt(key, i >> 1) >> ((i & 1) << 5)) & 0xffffffff;
}

// @ts-ignore: decorator
@inline
function keepIf<T>(place: usize, isKept: bool): void {
  store<T>(place, select<T>(load<T>(place), 0 as T, isKept)); // No branch: it would be taken at random.
}

function keepRandomOf<T>(target: usize, count: usize, key: u64, start: f64, limit: f64): void {
  const first = <u64>start, bound = <u64>limit, end = first + <u64>count;
  let i = first, place = target;
  if (i < end && (i & 1) == 1) {
    keepIf<T>(place, drawAt(key, i) < bound);
    i++;
    place += sizeof<T>();
  }
  if (sizeof<T>() == 4) {
    const bounds = i32x4.splat(<i32>bound);
    for (; i + 3 < end; i += 4) {
      const draws = i64x2.replace_lane(i64x2.splat(<i64>wordAt(key, i >> 1)), 1, <i64>wordAt(key, (i >> 1) + 1));
      v128.store(place, v128.and(v128.load(place), v128.lt<u32>(draws, bounds)));
      place += 16;
    }
  }
  for (; i + 1 < end; i += 2) {
    const word = wordAt(key, i >> 1);
    keepIf<T>(place, (word & 0xffffffff) < bound);
    keepIf<T>(place + sizeof<T>(), word >> 32 < bound);
    place += 2 * sizeof<T>();
  }
  if (i < end) keepIf<T>(place, drawAt(key, i) < bound);
}

// @ts-ignore: decorator
@inline
function bucketOf<T>(place: usize): usize {
  return <usize>(reinterpret<u32>(abs<f32>(<f32>load<T>(place))) >> 16);
}

function countMagnitudesOf<T>(counts: usize, source: usize, count: usize): void {
  let low = load<u64>(counts + LOWEST), high = load<u64>(counts + HIGHEST);
  for (let at: usize = 0; at < count * sizeof<T>(); at += sizeof<T>()) {
    const bucket = bucketOf<T>(source + at), place = counts + (bucket << 3);
    store<u64>(place, load<u64>(place) + 1);
    if (bucket == 0) continue;
    low = min<u64>(low, bucket);
    high = max<u64>(high, bucket);
  }
  store<u64>(counts + LOWEST, low);
  store<u64>(counts + HIGHEST, high);
}

function keepSampledOf<T>(
  target: usize, count: usize, counts: usize, key: u64, start: f64, least: f64, step: f64, isEnlarged: bool,
): void {
  const first = <u64>start;
  for (let i: usize = 0; i < count; i++) {
    const place = target + i * sizeof<T>(), ranks = counts + (bucketOf<T>(place) << 3);
    const rank = load<u64>(ranks);
    store<u64>(ranks, rank + 1);
    const probability = least + step * <f64>rank;
    const isKept = <f64>drawAt(key, first + <u64>i) < probability * 4294967296.0;
    const value = isEnlarged ? <T>(<f64>load<T>(place) / probability) : load<T>(place);
    store<T>(place, select<T>(value, 0 as T, isKept));
  }
}

/** Keeps element i if its 32 random bits are below the limit, which is below 2^32; `start` is the index of the first element. */
export function keepRandomF32(target: usize, count: usize, key: u64, start: f64, limit: f64): void {
  keepRandomOf<f32>(target, count, key, start, limit);
}
export function keepRandomF64(target: usize, count: usize, key: u64, start: f64, limit: f64): void {
  keepRandomOf<f64>(target, count, key, start, limit);
}

/** Makes counts of magnitudes 0: 32768 u64, and two more. What was not counted yet need not be cleared one by one. */
export function clearMagnitudes(counts: usize, isWhole: bool): void {
  if (isWhole) memory.fill(counts, 0, BUCKETS << 3);
  else {
    const low = <usize>load<u64>(counts + LOWEST), high = <usize>load<u64>(counts + HIGHEST);
    store<u64>(counts, 0);
    if (low <= high) memory.fill(counts + (low << 3), 0, (high - low + 1) << 3);
  }
  store<u64>(counts + LOWEST, <u64>BUCKETS);
  store<u64>(counts + HIGHEST, 0);
}

/** counts[b] += how many elements have magnitudes that begin with the bits b */
export function countMagnitudesF32(counts: usize, source: usize, count: usize): void {
  countMagnitudesOf<f32>(counts, source, count);
}
export function countMagnitudesF64(counts: usize, source: usize, count: usize): void {
  countMagnitudesOf<f64>(counts, source, count);
}

/** Makes of each bucket's count the rank of its first element: how many elements are in the buckets below. */
export function rankMagnitudes(counts: usize): void {
  let below = load<u64>(counts);
  store<u64>(counts, 0);
  const high = load<u64>(counts + HIGHEST);
  for (let bucket = load<u64>(counts + LOWEST); bucket <= high; bucket++) {
    const place = counts + (<usize>bucket << 3), found = load<u64>(place);
    store<u64>(place, below);
    below += found;
  }
}

/**
 * Keeps an element of rank r with the probability least + step * r, and divides it by that if `isEnlarged`. Ranks count on in `counts`, elements
 * of one bucket ranking in their order.
 */
export function keepSampledF32(
  target: usize, count: usize, counts: usize, key: u64, start: f64, least: f64, step: f64, isEnlarged: bool,
): void {
  keepSampledOf<f32>(target, count, counts, key, start, least, step, isEnlarged);
}
export function keepSampledF64(
  target: usize, count: usize, counts: usize, key: u64, start: f64, least: f64, step: f64, isEnlarged: bool,
): void {
  keepSampledOf<f64>(target, count, counts, key, start, least, step, isEnlarged);
}
