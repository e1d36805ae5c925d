import { MgitError } from '../base/errors.ts';
import { viewSpan } from '../tensor/view-span.ts';
import type { ExtentSpan, TensorView } from './checkpoint.ts';

/**
 * Extents that cover a file of `size` bytes exactly once, cut around its tensors: views that share bytes lie in one extent, others in
 * extents of their own, so that a tensor has the same digest in whatever file it lies; the rest is skeleton. Errors: `VIEW_OUTSIDE_FILE`.
 */
export function coverFile(size: number, views: readonly TensorView[]): readonly ExtentSpan[] {
  const spans = views.map(view => spanOf(view, size));
  const runs = mergeOverlapping(spans.filter(({ length }) => length > 0));
  const empty = spans.filter(({ length }) => length === 0).map(({ offset }) => offset);
  return fillGaps(size, withEmptyPlaces(runs, empty));
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

function spanOf(view: TensorView, size: number): Span {
  const length = viewSpan(view);
  if (!Number.isSafeInteger(view.offset + length) || view.offset + length > size)
    throw new MgitError(
      'VIEW_OUTSIDE_FILE',
      `tensor ${JSON.stringify(view.name.slice(0, 200))} needs ${length} bytes at ${view.offset}, but the file has ${size}`,
      { hint: 'copy or download the file again', details: { tensor: view.name } },
    );
  return { offset: view.offset, length };
}

function mergeOverlapping(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((left, right) => left.offset - right.offset)) {
    const last = merged.at(-1);
    if (!last || span.offset >= last.offset + last.length) merged.push(span);
    else
      merged[merged.length - 1] = {
        offset: last.offset,
        length: Math.max(last.length, span.offset + span.length - last.offset),
      };
  }
  return merged;
}

/** Empty tensors lie in an extent that touches their offset; where there is none, in an empty one. */
function withEmptyPlaces(runs: readonly Span[], offsets: readonly number[]): Span[] {
  const places = [...runs];
  const pending = [...new Set(offsets)].sort((left, right) => left - right);
  let at = 0;
  for (const offset of pending) {
    while ((runs[at]?.offset ?? Infinity) + (runs[at]?.length ?? 0) < offset) at++;
    const isTouched = (runs[at]?.offset ?? Infinity) <= offset;
    if (!isTouched) places.push({ offset, length: 0 });
  }
  return places.sort((left, right) => left.offset - right.offset);
}

function fillGaps(size: number, tensors: readonly Span[]): ExtentSpan[] {
  const extents: ExtentSpan[] = [];
  let position = 0;
  for (const { offset, length } of tensors) {
    if (offset > position) extents.push({ role: 'skeleton', offset: position, length: offset - position });
    extents.push({ role: 'tensor', offset, length });
    position = offset + length;
  }
  if (position < size) extents.push({ role: 'skeleton', offset: position, length: size - position });
  return extents;
}
