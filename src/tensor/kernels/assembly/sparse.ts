// Which elements of a difference are not zero, and their return into place. Integers only: the same bits everywhere.
// The scalar reference is src/tensor/kernels/reference/sparse.ts.

function gather<T>(gaps: usize, values: usize, difference: usize, count: u32, limit: u32): u32 {
  const lanes: u32 = 16 / <u32>sizeof<T>();
  let found: u32 = 0, next: u32 = 0;
  for (let i: u32 = 0; i < count; ) {
    const at = difference + <usize>i * sizeof<T>();
    if (i + lanes <= count && !v128.any_true(v128.load(at))) {
      i += lanes;
      continue;
    }
    const end = min(i + lanes, count);
    for (; i < end; i++) {
      const value = load<T>(difference + <usize>i * sizeof<T>());
      if (!value) continue;
      if (found == limit) return limit + 1;
      store<u32>(gaps + <usize>found * 4, i - next);
      store<T>(values + <usize>found * sizeof<T>(), value);
      next = i + 1;
      found++;
    }
  }
  return found;
}

function scatter<T>(target: usize, gaps: usize, values: usize, changed: u32, count: u32): bool {
  let next: u64 = 0;
  for (let i: u32 = 0; i < changed; i++) {
    const position = next + <u64>load<u32>(gaps + <usize>i * 4);
    if (position >= <u64>count) return false;
    const at = target + <usize>position * sizeof<T>();
    store<T>(at, load<T>(at) ^ load<T>(values + <usize>i * sizeof<T>()));
    next = position + 1;
  }
  return true;
}

/**
 * Collects the elements of `difference` that are not zero: each one's distance from the one before (elements between them, u32)
 * and its value. Returns how many there are, or `limit + 1` if they are more than `limit`.
 */
export function gatherChanged(
  gaps: usize, values: usize, difference: usize, count: u32, elementSize: u32, limit: u32,
): u32 {
  if (elementSize == 1) return gather<u8>(gaps, values, difference, count, limit);
  if (elementSize == 2) return gather<u16>(gaps, values, difference, count, limit);
  if (elementSize == 4) return gather<u32>(gaps, values, difference, count, limit);
  return gather<u64>(gaps, values, difference, count, limit);
}

/** The inverse, by exclusive or into `target`. False, with `target` spoilt, if a position lies outside of its `count` elements. */
export function scatterChanged(
  target: usize, gaps: usize, values: usize, changed: u32, count: u32, elementSize: u32,
): bool {
  if (elementSize == 1) return scatter<u8>(target, gaps, values, changed, count);
  if (elementSize == 2) return scatter<u16>(target, gaps, values, changed, count);
  if (elementSize == 4) return scatter<u32>(target, gaps, values, changed, count);
  return scatter<u64>(target, gaps, values, changed, count);
}
