import type { Digest } from '../../base/ids.ts';
import { manifestCorrupt } from './corrupt.ts';
import { coverageGap } from './coverage.ts';
import { findExtent } from './find-extent.ts';
import { spanOfView, type TensorLine, tensorAlone } from './line-tensor.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { compareUtf8 } from './name-text.ts';
import type { ManifestLine, NumberedLine } from './parse-line.ts';
import { readManifestLines } from './read-lines.ts';
import { fillsExtent } from './write-manifest.ts';

type SpanLine = Extract<ManifestLine, { kind: 'skeleton' | 'extent' }> & { readonly line: number };
type ViewLine = Extract<ManifestLine, { kind: 'view' }> & { readonly line: number };

/** What has been read so far. Order of the lines: format, size, skeleton, extent, tensors and views. */
interface Draft {
  format: string | undefined;
  size: number | undefined;
  stage: number;
  readonly skeletons: ManifestExtent[];
  readonly shared: { readonly extent: ManifestExtent; readonly line: number }[];
  /** In the order of their lines; a view's tensor is known when all extents are. */
  readonly tensors: (ManifestTensor | ViewLine)[];
  lastWord: string | undefined;
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
  const draft = emptyDraft();
  let last = 2;
  for (const line of readManifestLines(bytes)) {
    takeLine(draft, line);
    last = line.line;
  }
  if (draft.format === undefined || draft.size === undefined)
    throw manifestCorrupt(last + 1, 'the manifest ends here');
  const extents = allExtents(draft, last);
  const tensors = draft.tensors.map(item => ('line' in item ? viewOf(item, extents) : item));
  checkSharing(draft, tensors);
  return { format: draft.format, size: draft.size, extents, tensors };
}

/** The digests of a manifest's extents in the order of its lines, without the rest. Errors: as {@link parseManifest} for what a line alone tells. */
export function* manifestDigests(bytes: Uint8Array): Generator<Digest> {
  for (const line of readManifestLines(bytes)) if ('digest' in line) yield line.digest;
}

function emptyDraft(): Draft {
  return {
    format: undefined,
    size: undefined,
    stage: 0,
    skeletons: [],
    shared: [],
    tensors: [],
    lastWord: undefined,
  };
}

function takeLine(draft: Draft, line: NumberedLine): void {
  const stage = STAGES[line.kind];
  const isMissed = stage > 2 ? draft.stage < 2 : stage !== draft.stage + 1;
  if (stage < draft.stage || isMissed) throw manifestCorrupt(line.line, `"${line.kind}" is out of place`);
  draft.stage = stage;
  if (line.kind === 'format') draft.format = line.format;
  else if (line.kind === 'size') draft.size = line.size;
  else if (line.kind === 'tensor' || line.kind === 'view') takeTensor(draft, line);
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

function takeTensor(draft: Draft, line: TensorLine | ViewLine): void {
  if (draft.lastWord !== undefined && compareUtf8(draft.lastWord, line.word) >= 0)
    throw manifestCorrupt(line.line, 'names are not sorted, or one occurs twice');
  draft.lastWord = line.word;
  draft.tensors.push(line.kind === 'tensor' ? tensorAlone(line) : line);
}

function allExtents(draft: Draft, last: number): readonly ManifestExtent[] {
  const extents = [...draft.skeletons];
  for (const { extent } of draft.shared) extents.push(extent);
  for (const item of draft.tensors) if (!('line' in item)) extents.push(item.extent);
  extents.sort((left, right) => left.offset - right.offset || left.length - right.length);
  const gap = coverageGap(extents, draft.size as number);
  if (gap !== undefined)
    throw manifestCorrupt(last, `extents leave or repeat bytes of the file at offset ${gap}`);
  return extents;
}

function viewOf(line: ViewLine, extents: readonly ManifestExtent[]): ManifestTensor {
  const { name, dtype, shape, offset, byteOrder, strides } = line;
  const extent = findExtent(extents, offset, spanOfView(line, line.line));
  if (!extent) throw manifestCorrupt(line.line, 'the view lies within no extent');
  return { name, dtype, shape, offset, byteOrder, extent, ...(strides ? { strides } : {}) };
}

/** A `tensor` extent has no second view, and an `extent` with one view that fills it would be a `tensor`. */
function checkSharing(draft: Draft, tensors: readonly ManifestTensor[]): void {
  const viewsOf = new Map<ManifestExtent, ManifestTensor[]>();
  for (const { extent } of draft.shared) viewsOf.set(extent, []);
  draft.tensors.forEach((item, index) => {
    if (!('line' in item)) return;
    const tensor = tensors[index] as ManifestTensor;
    const views = viewsOf.get(tensor.extent);
    if (!views) throw manifestCorrupt(item.line, 'the view lies in a "tensor" line\'s data');
    views.push(tensor);
  });
  for (const { extent, line } of draft.shared) {
    const [only, second] = viewsOf.get(extent) ?? [];
    if (only && !second && fillsExtent(only))
      throw manifestCorrupt(line, 'this extent is written as a "tensor" line');
  }
}
