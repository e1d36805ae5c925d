import { manifestCorrupt } from './corrupt.ts';
import { coverageGap } from './coverage.ts';
import { fillsSpan } from './fills-span.ts';
import { findPosition } from './find-extent.ts';
import { checkLength, spanOfView, type ViewLine } from './line-tensor.ts';
import { compareUtf8 } from './name-text.ts';
import type { ManifestLine, NumberedLine } from './parse-line.ts';
import type { ManifestLines } from './read-lines.ts';
import { emptyColumns, freeColumns, type SpanColumns } from './span-columns.ts';

/** The extents of a manifest in file order, and the position of the line that says each. */
export interface ExtentIndex {
  readonly spans: SpanColumns;
  readonly lines: Uint32Array;
}

/** The order of the lines after format and size; views stand among tensors. */
const STAGES: Readonly<Record<ManifestLine['kind'], number>> = {
  format: 0,
  size: 0,
  skeleton: 1,
  extent: 2,
  tensor: 3,
  view: 3,
};

/**
 * Reads all lines of a manifest from `first` on, since each may say an extent of the file of `size` bytes, and checks them, each by itself
 * and against the others. Errors: `MANIFEST_CORRUPT` with the number of the line.
 */
export function indexExtents(
  lines: ManifestLines,
  { first, size }: { readonly first: number; readonly size: number },
): ExtentIndex {
  const said = emptyColumns(lines.count);
  const sayers = new Uint32Array(lines.count);
  const views: number[] = [];
  let count = 0;
  let before: NumberedLine | undefined;
  for (let position = first; position < lines.count; position++) {
    const line = lines.parse(position);
    checkOrder(before, line);
    before = line;
    if (line.kind === 'view') views.push(position);
    if (!('digest' in line)) continue;
    if (line.kind === 'tensor') checkLength(line);
    said.offsets[count] = line.offset;
    said.lengths[count] = line.length;
    said.areTensors[count] = line.kind === 'skeleton' ? 0 : 1;
    sayers[count++] = position;
  }
  const index = inFileOrder(said, sayers.subarray(0, count));
  const gap = coverageGap(index.spans, size);
  if (gap !== undefined)
    throw manifestCorrupt(
      lines.numberOf(lines.count - 1),
      `extents leave or repeat bytes of the file at offset ${gap}`,
    );
  checkSharing(lines, index, views);
  return index;
}

function checkOrder(before: NumberedLine | undefined, now: NumberedLine): void {
  const stage = STAGES[now.kind];
  if (stage === 0 || (before && stage < STAGES[before.kind]))
    throw manifestCorrupt(now.line, `"${now.kind}" is out of place`);
  if (!before || stage !== STAGES[before.kind]) return;
  if ('word' in now && 'word' in before && compareUtf8(before.word, now.word) >= 0)
    throw manifestCorrupt(now.line, 'names are not sorted, or one occurs twice');
  if ('word' in now || !('digest' in now) || !('digest' in before)) return;
  if (now.offset < before.offset || (now.offset === before.offset && now.length <= before.length))
    throw manifestCorrupt(now.line, 'lines are not sorted by offset');
}

function inFileOrder(said: SpanColumns, sayers: Uint32Array): ExtentIndex {
  const compare = (left: number, right: number): number =>
    (said.offsets[left] as number) - (said.offsets[right] as number) ||
    (said.lengths[left] as number) - (said.lengths[right] as number);
  const order = Uint32Array.from(sayers, (_, at) => at).sort(compare);
  const spans = emptyColumns(sayers.length);
  const lines = new Uint32Array(sayers.length);
  for (const [at, from] of order.entries()) {
    spans.offsets[at] = said.offsets[from] as number;
    spans.lengths[at] = said.lengths[from] as number;
    spans.areTensors[at] = said.areTensors[from] as number;
    lines[at] = sayers[from] as number;
  }
  freeColumns(said);
  return { spans, lines };
}

/** A `tensor` extent has no second view, and an `extent` with one view that fills it would be a `tensor`. */
function checkSharing(
  lines: ManifestLines,
  { spans, lines: sayers }: ExtentIndex,
  views: readonly number[],
): void {
  const onlyViews = new Map<number, number | undefined>();
  for (const position of views) {
    const at = extentOfView(spans, viewAt(lines, position));
    if (lines.text[lines.from(sayers[at] as number)] !== 'extent'.charCodeAt(0))
      throw manifestCorrupt(lines.numberOf(position), 'the view lies in a "tensor" line\'s data');
    onlyViews.set(at, onlyViews.has(at) ? undefined : position);
  }
  for (const [at, position] of onlyViews) {
    const span = { offset: spans.offsets[at] as number, length: spans.lengths[at] as number };
    if (position !== undefined && fillsSpan(viewAt(lines, position), span))
      throw manifestCorrupt(
        lines.numberOf(sayers[at] as number),
        'this extent is written as a "tensor" line',
      );
  }
}

function viewAt(lines: ManifestLines, position: number): ViewLine {
  return lines.parse(position) as ViewLine;
}

/** The place of the extent that a view lies in. Errors: `MANIFEST_CORRUPT`. */
export function extentOfView(spans: SpanColumns, view: ViewLine): number {
  const at = findPosition(spans, view.offset, spanOfView(view, view.line));
  if (at === undefined) throw manifestCorrupt(view.line, 'the view lies within no extent');
  return at;
}
