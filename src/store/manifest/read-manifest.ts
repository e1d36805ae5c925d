import { isMgitError } from '../../base/errors.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { manifestCorrupt } from './corrupt.ts';
import { coverageGap } from './coverage.ts';
import { findExtent } from './find-extent.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { compareUtf8 } from './name-text.ts';
import type { LineView, ManifestLine } from './parse-line.ts';
import { readManifestLines } from './read-lines.ts';
import { fillsExtent } from './write-manifest.ts';

type NumberedLine = ManifestLine & { readonly line: number };
type SpanLine = Extract<ManifestLine, { kind: 'skeleton' | 'extent' }> & { readonly line: number };
type ViewLine = Extract<ManifestLine, { kind: 'tensor' } | { kind: 'view' }> & { readonly line: number };

/** What has been read so far. Order of the lines: format, size, skeleton, extent, tensors and views. */
interface Draft {
  format: string | undefined;
  size: number | undefined;
  stage: number;
  readonly skeletons: ManifestExtent[];
  readonly shared: { readonly extent: ManifestExtent; readonly line: number }[];
  readonly views: { readonly line: ViewLine; readonly alone: ManifestExtent | undefined }[];
}

const STAGES: Readonly<Record<ManifestLine['kind'], number>> = {
  format: 1,
  size: 2,
  skeleton: 3,
  extent: 4,
  tensor: 5,
  view: 5,
};

/**
 * Reads a manifest. Accepts exactly what `manifestText` writes. Errors: `MANIFEST_CORRUPT` with the number of the line,
 * `MANIFEST_UNSUPPORTED` for another version of the format.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const draft: Draft = { format: undefined, size: undefined, stage: 0, skeletons: [], shared: [], views: [] };
  let last = 2;
  for (const line of readManifestLines(bytes)) {
    takeLine(draft, line);
    last = line.line;
  }
  if (draft.format === undefined || draft.size === undefined)
    throw manifestCorrupt(last + 1, 'the manifest ends here');
  const extents = allExtents(draft, last);
  const tensors = draft.views.map(({ line, alone }) => tensorOf(line, alone, extents));
  checkSharing(draft, tensors);
  return { format: draft.format, size: draft.size, extents, tensors };
}

function takeLine(draft: Draft, line: NumberedLine): void {
  const stage = STAGES[line.kind];
  const isMissed = stage > 2 ? draft.stage < 2 : stage !== draft.stage + 1;
  if (stage < draft.stage || isMissed) throw manifestCorrupt(line.line, `"${line.kind}" is out of place`);
  draft.stage = stage;
  if (line.kind === 'format') draft.format = line.format;
  else if (line.kind === 'size') draft.size = line.size;
  else if (line.kind === 'tensor' || line.kind === 'view') takeView(draft, line);
  else takeSpan(draft, line);
}

function takeSpan(draft: Draft, { kind, offset, length, digest, line }: SpanLine): void {
  const before = kind === 'skeleton' ? draft.skeletons.at(-1) : draft.shared.at(-1)?.extent;
  checkOrder(before, { offset, length }, line);
  if (kind === 'skeleton') draft.skeletons.push({ role: 'skeleton', offset, length, digest });
  else draft.shared.push({ extent: { role: 'tensor', offset, length, digest }, line });
}

function checkOrder(
  before: { readonly offset: number; readonly length: number } | undefined,
  now: { readonly offset: number; readonly length: number },
  line: number,
): void {
  if (before && (now.offset < before.offset || (now.offset === before.offset && now.length <= before.length)))
    throw manifestCorrupt(line, 'lines are not sorted by offset');
}

function takeView(draft: Draft, line: ViewLine): void {
  const before = draft.views.at(-1)?.line;
  if (before && compareUtf8(before.word, line.word) >= 0)
    throw manifestCorrupt(line.line, 'names are not sorted, or one occurs twice');
  const alone: ManifestExtent | undefined =
    line.kind === 'tensor'
      ? { role: 'tensor', offset: line.offset, length: line.length, digest: line.digest }
      : undefined;
  draft.views.push({ line, alone });
}

function allExtents(draft: Draft, last: number): readonly ManifestExtent[] {
  const extents = [...draft.skeletons];
  for (const { extent } of draft.shared) extents.push(extent);
  for (const { alone } of draft.views) if (alone) extents.push(alone);
  extents.sort((left, right) => left.offset - right.offset || left.length - right.length);
  const gap = coverageGap(extents, draft.size as number);
  if (gap !== undefined)
    throw manifestCorrupt(last, `extents leave or repeat bytes of the file at offset ${gap}`);
  return extents;
}

function tensorOf(
  line: ViewLine,
  alone: ManifestExtent | undefined,
  extents: readonly ManifestExtent[],
): ManifestTensor {
  const span = spanOf(line, line.line);
  const extent = alone ?? findExtent(extents, line.offset, span);
  if (!extent) throw manifestCorrupt(line.line, 'the view lies within no extent');
  const tensor: ManifestTensor = {
    name: line.name,
    dtype: line.dtype,
    shape: line.shape,
    offset: line.offset,
    byteOrder: line.kind === 'view' ? line.byteOrder : 'little',
    extent,
    ...(line.kind === 'view' && line.strides ? { strides: line.strides } : {}),
  };
  if (alone && span !== alone.length)
    throw manifestCorrupt(line.line, 'dtype and shape do not give the length');
  return tensor;
}

function spanOf(view: LineView & { readonly strides?: readonly number[] }, line: number): number {
  if (view.strides && view.strides.length !== view.shape.length)
    throw manifestCorrupt(line, 'shape and strides differ in rank');
  if (view.strides && isDense(view)) throw manifestCorrupt(line, 'dense strides are written "-"');
  try {
    const span = viewSpan(view);
    if (Number.isSafeInteger(span)) return span;
  } catch (error) {
    if (!isMgitError(error, 'SHAPE_TOO_LARGE', 'DTYPE_MISALIGNED')) throw error;
  }
  throw manifestCorrupt(line, 'dtype and shape give no length');
}

/** A `tensor` extent has no second view, and an `extent` with one view that fills it would be a `tensor`. */
function checkSharing(draft: Draft, tensors: readonly ManifestTensor[]): void {
  const viewsOf = new Map<ManifestExtent, ManifestTensor[]>();
  for (const { extent } of draft.shared) viewsOf.set(extent, []);
  tensors.forEach((tensor, index) => {
    if (draft.views[index]?.alone) return;
    const views = viewsOf.get(tensor.extent);
    if (!views)
      throw manifestCorrupt(draft.views[index]?.line.line ?? 0, 'the view lies in a "tensor" line\'s data');
    views.push(tensor);
  });
  for (const { extent, line } of draft.shared) {
    const [only, second] = viewsOf.get(extent) ?? [];
    if (only && !second && fillsExtent(only))
      throw manifestCorrupt(line, 'this extent is written as a "tensor" line');
  }
}
