import { MgitError } from '../../base/errors.ts';
import { freeMemory } from '../../base/free-memory.ts';
import { growingBytes } from '../../base/growing-columns.ts';
import type { Digest } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import type { CheckpointLayout, TensorView } from '../../formats/checkpoint.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { coverageGap } from './coverage.ts';
import { fillsSpan } from './fills-span.ts';
import { findPosition } from './find-extent.ts';
import type { Manifest } from './manifest.ts';
import { escapeName } from './name-text.ts';
import { MANIFEST_HEAD } from './read-lines.ts';
import { openManifest } from './read-manifest.ts';
import { byteStrings, isSameString, sortedPlaces } from './sort-names.ts';
import { type SpanColumns, spanColumns } from './span-columns.ts';

/**
 * The manifest of a file from its layout and the digests of the layout's extents, in their order. The same file always gives the same text.
 * Errors: `LAYOUT_INVALID` when the extents do not cover the file, a view lies outside them, or a name occurs twice.
 */
export function manifestOf(layout: CheckpointLayout, digests: Table<Digest>): Manifest {
  const text = growingBytes(EXPECTED_LINE * (layout.extents.length + layout.tensors.length + 4));
  for (const line of linesOf(layout, digests)) text.appendText(`${line}\n`);
  return openManifest(text.buffer.subarray(0, text.length));
}

/** Bytes of a line with a digest and a name that is not short. */
const EXPECTED_LINE = 100;

function* linesOf(layout: CheckpointLayout, digests: Table<Digest>): Generator<string> {
  const spans = spanColumns(layout.extents);
  checkCoverage(spans, layout.size);
  const uses = usesOf(layout.tensors, spans);
  const spanText = (at: number): string =>
    `${spans.offsets[at]} ${spans.lengths[at]} ${digestAt(digests, at)}`;
  yield* MANIFEST_HEAD;
  yield `format ${layout.format}`;
  yield `size ${layout.size}`;
  for (const [at, isTensor] of spans.areTensors.entries())
    if (isTensor === 0) yield `skeleton ${spanText(at)}`;
  for (const [at, isTensor] of spans.areTensors.entries())
    if (isTensor === 1 && uses.kinds[at] !== ALONE) yield `extent ${spanText(at)}`;
  for (const place of placesByName(layout.tensors)) {
    const view = layout.tensors.at(place) as TensorView;
    const at = uses.extentOf[place] as number;
    yield uses.kinds[at] === ALONE ? `tensor ${typeText(view)} ${spanText(at)}` : viewText(view);
  }
}

/** How tensors use an extent: one of them that fills it can be told in one line with it. */
const ALONE = 1;
const SHARED = 2;

interface Uses {
  /** For each tensor the place of its extent. */
  readonly extentOf: Uint32Array;
  /** For each extent `ALONE` or `SHARED`; 0 without tensors. */
  readonly kinds: Uint8Array;
}

function usesOf(tensors: Table<TensorView>, spans: SpanColumns): Uses {
  const extentOf = new Uint32Array(tensors.length);
  const kinds = new Uint8Array(spans.offsets.length);
  let place = 0;
  for (const view of tensors) {
    const at = findPosition(spans, view.offset, viewSpan(view));
    if (at === undefined)
      throw new MgitError('LAYOUT_INVALID', `tensor ${escapeName(view.name)} lies outside the file's data`);
    const span = { offset: spans.offsets[at] as number, length: spans.lengths[at] as number };
    kinds[at] = kinds[at] === 0 && fillsSpan(view, span) ? ALONE : SHARED;
    extentOf[place++] = at;
  }
  return { extentOf, kinds };
}

/** The places of tensors in the order of the UTF-8 bytes of their escaped names. */
function placesByName(tensors: Table<TensorView>): Uint32Array {
  const words = byteStrings(tensors, ({ name }) => escapeName(name));
  const places = sortedPlaces(words);
  for (const [at, place] of places.entries())
    if (at > 0 && isSameString(words, places[at - 1] as number, place))
      throw new MgitError(
        'LAYOUT_INVALID',
        `two tensors have the name ${escapeName(tensors.at(place)?.name ?? '')}`,
      );
  freeMemory(words.bytes);
  return places;
}

function typeText({ name, dtype, shape }: TensorView): string {
  return `${escapeName(name)} ${dtype} [${shape}]`;
}

function viewText(view: TensorView): string {
  const strides = view.strides === undefined || isDense(view) ? '-' : `[${view.strides}]`;
  return `view ${typeText(view)} ${strides} ${view.offset} ${view.byteOrder}`;
}

function digestAt(digests: Table<Digest>, at: number): Digest {
  const digest = digests.at(at);
  if (digest === undefined) throw new MgitError('LAYOUT_INVALID', `extent ${at} has no digest`);
  return digest;
}

function checkCoverage(spans: SpanColumns, size: number): void {
  const gap = coverageGap(spans, size);
  if (gap !== undefined)
    throw new MgitError('LAYOUT_INVALID', `extents leave or repeat bytes of the file at offset ${gap}`);
}
