import { firstWhere } from '../../base/first-where.ts';
import type { SpanColumns } from './span-columns.ts';

/**
 * The place of the tensor extent that `length` bytes at `offset` lie within; undefined if there is none. Extents are sorted by offset,
 * then length. An empty view belongs to the empty extent at its offset, else to the extent around it, else to the one
 * that ends there.
 */
export function findPosition(
  { offsets, lengths, areTensors }: SpanColumns,
  offset: number,
  length: number,
): number | undefined {
  const first = firstWhere({ to: offsets.length }, position => (offsets[position] as number) >= offset);
  const holds = (position: number): boolean => {
    const [from = offset + 1, span = 0] = [offsets[position], lengths[position]];
    return areTensors[position] === 1 && from <= offset && offset + length <= from + span;
  };
  const begins = (position: number): boolean => offsets[position] === offset;
  if (begins(first) && holds(first)) return first;
  if (begins(first + 1) && holds(first + 1)) return first + 1;
  return holds(first - 1) ? first - 1 : undefined;
}
