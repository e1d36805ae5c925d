import type { SpanColumns } from './span-columns.ts';

/**
 * Where extents in file order fail to cover [0, size) exactly once; undefined if they do. An empty extent is one that
 * empty tensors lie in: it holds tensors, comes before the extent at the same offset, and there is one per offset.
 */
export function coverageGap({ offsets, lengths, areTensors }: SpanColumns, size: number): number | undefined {
  let position = 0;
  let emptyAt = -1;
  for (const [at, offset] of offsets.entries()) {
    const length = lengths[at] as number;
    const isStrayEmpty = length === 0 && (areTensors[at] === 0 || emptyAt === offset);
    if (offset !== position || isStrayEmpty) return Math.min(offset, position);
    if (length === 0) emptyAt = offset;
    position += length;
  }
  return position === size ? undefined : position;
}
