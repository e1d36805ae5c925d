import type { Digest } from '../../base/ids.ts';
import type { CheckpointLayout, ExtentSpan } from '../../formats/checkpoint.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { viewSpan } from '../../tensor/view-span.ts';
import { fillsSpan } from '../manifest/fills-span.ts';
import { findPosition } from '../manifest/find-extent.ts';
import type { Manifest, ManifestTensor } from '../manifest/manifest.ts';
import { freeColumns, spanColumns } from '../manifest/span-columns.ts';
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
  const views = firstViews(layout);
  const earlier = earlierTensors(base);
  let position = 0;
  for (const span of layout.extents) {
    const number = views[position] as number;
    const view = number === 0 ? undefined : layout.tensors.at(number - 1);
    const before = view && earlier(view.name);
    const isSame = before?.dtype === view?.dtype && before?.extent.length === span.length;
    const shape = view && fillsSpan(view, span) ? view.shape : undefined;
    const digest = isSame ? before?.extent.digest : undefined;
    yield { position: position++, span, dtype: view?.dtype, shape, base: digest };
  }
}

/** Finds the tensors of a manifest by name, fast where they are asked for in about its order. */
function earlierTensors(base: Manifest | undefined): (name: string) => ManifestTensor | undefined {
  let near = 0;
  return name => {
    const position = base?.positionOf(name, near);
    near = position ?? near;
    return position === undefined ? undefined : base?.tensors.at(position);
  };
}

/** For each extent the number of its first view, counted from 1; 0 where there is none. */
function firstViews({ extents, tensors }: CheckpointLayout): Uint32Array {
  const spans = spanColumns(extents);
  const views = new Uint32Array(extents.length);
  let number = 0;
  for (const view of tensors) {
    number++;
    const position = findPosition(spans, view.offset, viewSpan(view));
    if (position !== undefined && views[position] === 0) views[position] = number;
  }
  freeColumns(spans);
  return views;
}

/** Longer extents are not read together with others. */
const TOGETHER_AT_MOST = 256 * 1024;
const EXTENTS_TOGETHER = 2048;

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
