/** The elements of a difference that are not zero. */
export interface ChangedElements {
  /** Elements between each changed one and the one before; the first counts from the begin. */
  readonly gaps: Uint32Array;
  /** The changed elements, one after the other. */
  readonly values: Uint8Array;
}

/** What `gatherChanged` computes, one element at a time. */
export function gatherChangedReference(difference: Uint8Array, elementSize: number): ChangedElements {
  const gaps: number[] = [];
  const values: number[] = [];
  let next = 0;
  for (let element = 0; (element + 1) * elementSize <= difference.length; element++) {
    const value = difference.subarray(element * elementSize, (element + 1) * elementSize);
    if (value.every(byte => byte === 0)) continue;
    gaps.push(element - next);
    values.push(...value);
    next = element + 1;
  }
  return { gaps: Uint32Array.from(gaps), values: Uint8Array.from(values) };
}

/** What `scatterChanged` computes: `target ^= changed`. False if a position lies outside of `target`. */
export function scatterChangedReference(
  target: Uint8Array,
  { gaps, values }: ChangedElements,
  elementSize: number,
): boolean {
  let next = 0;
  for (const [index, gap] of gaps.entries()) {
    const position = next + gap;
    if ((position + 1) * elementSize > target.length) return false;
    for (let byte = 0; byte < elementSize; byte++)
      target[position * elementSize + byte] =
        (target[position * elementSize + byte] ?? 0) ^ (values[index * elementSize + byte] ?? 0);
    next = position + 1;
  }
  return true;
}
