import type { Digest } from '../../base/ids.ts';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../../formats/checkpoint.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { findPosition } from '../manifest/find-extent.ts';
import type { Manifest, ManifestTensor } from '../manifest/manifest.ts';
import { FRAME_BYTES } from '../packs/limits.ts';

/** What is known of an extent before its bytes are read. */
export interface PlannedExtent {
  /** Its place among the file's extents. */
  readonly position: number;
  readonly span: ExtentSpan;
  /** The dtype of its tensors, where there is one. */
  readonly dtype: Dtype | undefined;
  /** The shape of its tensor, where one fills it, row by row. */
  readonly shape: readonly number[] | undefined;
  /** The extent of an earlier version's tensor of the same name, dtype and length. */
  readonly base: Digest | undefined;
}

/** The extents of a file in order, with what its tensors and an earlier version tell about each: one at a time, since there may be many. */
export function* planExtents(
  layout: CheckpointLayout,
  base: Manifest | undefined,
): Generator<PlannedExtent, void, undefined> {
  const earlier = new Map<string, ManifestTensor>();
  for (const tensor of base?.tensors ?? []) earlier.set(tensor.name, tensor);
  const views = firstViews(layout);
  for (const [position, span] of layout.extents.entries()) {
    const view = layout.tensors[(views[position] ?? 0) - 1];
    const before = view && earlier.get(view.name);
    const isSame = before?.dtype === view?.dtype && before?.extent.length === span.length;
    const shape = view && fills(view, span) ? view.shape : undefined;
    yield { position, span, dtype: view?.dtype, shape, base: isSame ? before?.extent.digest : undefined };
  }
}

function fills(view: TensorView, span: ExtentSpan): boolean {
  const isWhole = view.offset === span.offset && viewSpan(view) === span.length;
  return isWhole && isDense(view) && view.byteOrder === 'little';
}

/** For each extent the number of its first view, counted from 1; 0 where there is none. */
function firstViews({ extents, tensors }: CheckpointLayout): Uint32Array {
  const views = new Uint32Array(extents.length);
  for (const [number, view] of tensors.entries()) {
    const position = findPosition(extents, view.offset, viewSpan(view));
    if (position !== undefined && views[position] === 0) views[position] = number + 1;
  }
  return views;
}

/** Longer extents are not read together with others. */
const TOGETHER_AT_MOST = 256 * 1024;
const EXTENTS_TOGETHER = 8192;

/** Groups extents that follow each other into runs of at most a frame, so that thousands of small ones cost one read. */
export function* runsOf<Item>(
  items: Iterable<Item>,
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
