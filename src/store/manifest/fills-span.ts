import { isDense, type ViewGeometry, viewSpan } from '../../tensor/view-span.ts';

/** True for a view that has the whole bytes of a span in the plain layout, so that one line of a manifest can say both. */
export function fillsSpan(
  view: ViewGeometry & { readonly offset: number; readonly byteOrder: 'little' | 'big' },
  span: { readonly offset: number; readonly length: number },
): boolean {
  return (
    view.byteOrder === 'little' &&
    isDense(view) &&
    view.offset === span.offset &&
    viewSpan(view) === span.length
  );
}
