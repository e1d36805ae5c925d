/** What {@link findExtent} looks at. */
export interface SpanOfFile {
  readonly role: 'tensor' | 'skeleton';
  readonly offset: number;
  readonly length: number;
}

/**
 * The tensor extent that `length` bytes at `offset` lie within; undefined if there is none. Extents are sorted by offset,
 * then length. An empty view belongs to the empty extent at its offset, else to the extent around it, else to the one
 * that ends there.
 */
export function findExtent<Span extends SpanOfFile>(
  extents: readonly Span[],
  offset: number,
  length: number,
): Span | undefined {
  const position = findPosition(extents, offset, length);
  return position === undefined ? undefined : extents[position];
}

/** Like {@link findExtent}, but the extent's place among the others. */
export function findPosition(
  extents: readonly SpanOfFile[],
  offset: number,
  length: number,
): number | undefined {
  const first = firstAtOrAfter(extents, offset);
  const holds = (position: number): boolean => {
    const span = extents[position];
    return span?.role === 'tensor' && span.offset <= offset && offset + length <= span.offset + span.length;
  };
  const begins = (position: number): boolean => extents[position]?.offset === offset;
  if (begins(first) && holds(first)) return first;
  if (begins(first + 1) && holds(first + 1)) return first + 1;
  return holds(first - 1) ? first - 1 : undefined;
}

function firstAtOrAfter(extents: readonly SpanOfFile[], offset: number): number {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle] as SpanOfFile).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
