import type { Digest } from '../../base/ids.ts';
import type { CheckpointLayout, ExtentSpan } from '../../formats/checkpoint.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { findExtent } from '../manifest/find-extent.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { viewSpan } from '../manifest/view-span.ts';

/** What is known of an extent before its bytes are read. */
export interface PlannedExtent {
  readonly span: ExtentSpan;
  /** The dtype of its tensors, where there is one. */
  readonly dtype: Dtype | undefined;
  /** The extent of an earlier version's tensor of the same name, dtype and length. */
  readonly base: Digest | undefined;
}

/** The extents of a file in order, with what its tensors and an earlier version tell about each. */
export function planExtents(layout: CheckpointLayout, base: Manifest | undefined): readonly PlannedExtent[] {
  const earlier = new Map(base?.tensors.map(tensor => [tensor.name, tensor]));
  const known = new Map<ExtentSpan, Omit<PlannedExtent, 'span'>>();
  for (const view of layout.tensors) {
    const span = findExtent(layout.extents, view.offset, viewSpan(view));
    if (!span || known.has(span)) continue;
    const before = earlier.get(view.name);
    const isSame = before?.dtype === view.dtype && before.extent.length === span.length;
    known.set(span, { dtype: view.dtype, base: isSame ? before.extent.digest : undefined });
  }
  return layout.extents.map(span => ({
    span,
    ...(known.get(span) ?? { dtype: undefined, base: undefined }),
  }));
}
