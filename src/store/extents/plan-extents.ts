import type { Digest } from '../../base/ids.ts';
import type { CheckpointLayout, ExtentSpan } from '../../formats/checkpoint.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { viewSpan } from '../../tensor/view-span.ts';
import { findExtent } from '../manifest/find-extent.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { FRAME_BYTES } from '../packs/limits.ts';

/** What is known of an extent before its bytes are read. */
export interface PlannedExtent {
  /** Its place among the file's extents. */
  readonly position: number;
  readonly span: ExtentSpan;
  /** The dtype of its tensors, where there is one. */
  readonly dtype: Dtype | undefined;
  /** The extent of an earlier version's tensor of the same name, dtype and length. */
  readonly base: Digest | undefined;
}

/** The extents of a file in order, with what its tensors and an earlier version tell about each. */
export function planExtents(layout: CheckpointLayout, base: Manifest | undefined): readonly PlannedExtent[] {
  const earlier = new Map(base?.tensors.map(tensor => [tensor.name, tensor]));
  const known = new Map<ExtentSpan, Pick<PlannedExtent, 'dtype' | 'base'>>();
  for (const view of layout.tensors) {
    const span = findExtent(layout.extents, view.offset, viewSpan(view));
    if (!span || known.has(span)) continue;
    const before = earlier.get(view.name);
    const isSame = before?.dtype === view.dtype && before.extent.length === span.length;
    known.set(span, { dtype: view.dtype, base: isSame ? before.extent.digest : undefined });
  }
  const unknown = { dtype: undefined, base: undefined };
  return layout.extents.map((span, position) => ({ position, span, ...(known.get(span) ?? unknown) }));
}

/** Longer extents are not read together with others. */
const TOGETHER_AT_MOST = 256 * 1024;
const EXTENTS_TOGETHER = 8192;

/** Groups extents that follow each other into runs of at most a frame, so that thousands of small ones cost one read. */
export function* runsOf<Item>(
  items: readonly Item[],
  lengthOf: (item: Item) => number,
): Generator<readonly Item[]> {
  let run: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const length = lengthOf(item);
    const isFull = bytes + length > FRAME_BYTES || run.length === EXTENTS_TOGETHER;
    if (run.length > 0 && (isFull || length > TOGETHER_AT_MOST)) {
      yield run;
      run = [];
      bytes = 0;
    }
    if (length > TOGETHER_AT_MOST) yield [item];
    else {
      run.push(item);
      bytes += length;
    }
  }
  if (run.length > 0) yield run;
}
