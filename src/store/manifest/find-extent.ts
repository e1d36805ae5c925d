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
  const first = firstAtOrAfter(extents, offset);
  const at = extents[first];
  const next = extents[first + 1];
  const before = extents[first - 1];
  const candidates = [
    at?.offset === offset ? at : undefined,
    next?.offset === offset ? next : undefined,
    before,
  ];
  return candidates.find(
    span => span?.role === 'tensor' && span.offset <= offset && offset + length <= span.offset + span.length,
  );
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
