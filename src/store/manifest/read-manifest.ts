import type { Digest } from '../../base/ids.ts';
import { type Table, tableOf } from '../../base/table.ts';
import { manifestCorrupt } from './corrupt.ts';
import { type ExtentIndex, extentOfView, indexExtents } from './extent-index.ts';
import { tensorAlone } from './line-tensor.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { apart, type ManifestLine } from './parse-line.ts';
import { type ManifestLines, readLines } from './read-lines.ts';
import { DIGEST_CHARACTERS, findTensorLine, nameIn, tensorLines, wordIn } from './tensor-lines.ts';

/**
 * Opens a manifest without reading more than its beginning. A tensor's line is checked when the tensor is asked for; all of them, and
 * that they go together, when an extent is. Errors: `MANIFEST_CORRUPT`, `MANIFEST_UNSUPPORTED` for another version of the format.
 */
export function openManifest(bytes: Uint8Array): Manifest {
  return manifestIn(readLines(bytes));
}

function manifestIn(lines: ManifestLines): Manifest {
  const { format } = beginning(lines, 0, 'format');
  const { size } = beginning(lines, 1, 'size');
  const afterSkeleton = passOver(lines, BEGINNING, 'skeleton');
  const first = passOver(lines, afterSkeleton, 'extent');
  const extents = lazily(() => extentsOf(lines, indexExtents(lines, { first: BEGINNING, size })));
  const positionOf = (name: string, near = 0): number | undefined => {
    const line = findTensorLine(lines, name, { first, near: first + near });
    return line === undefined ? undefined : line - first;
  };
  const tensorAt = (position: number): ManifestTensor => {
    if (position > 0) checkSorted(lines, first + position);
    return tensorOf(lines, first + position, extents);
  };
  const tensors = tableOf(lines.count - first, tensorAt);
  return {
    text: lines.text,
    format,
    size,
    get extents() {
      return extents().table;
    },
    skeleton: tableOf(afterSkeleton - BEGINNING, position => skeletonOf(lines, BEGINNING + position)),
    tensors,
    positionOf,
    tensor: name => tensors.at(positionOf(name) ?? tensors.length),
    nameAt: position => nameIn(lines.bytes(first + position), lines.numberOf(first + position)),
    lineOf: position => lines.bytes(first + position),
    linesOf: (position, count) => tensorLines(lines, first + position, count),
    withDigests: digests => manifestIn(lines.of(textWithDigests(lines, extents().index, digests))),
  };
}

/** Reads a manifest and checks all of it. Accepts exactly what `manifestOf` writes. Errors: as {@link openManifest}. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = openManifest(bytes);
  void manifest.extents;
  return manifest;
}

/** The digests of a manifest's extents in the order of its lines, each checked by itself. Errors: as {@link openManifest}. */
export function* manifestDigests(bytes: Uint8Array): Generator<Digest> {
  for (const line of readLines(bytes)) if ('digest' in line) yield apart(line.digest);
}

/** The lines of format and size. */
const BEGINNING = 2;

function beginning<Kind extends 'format' | 'size'>(
  lines: ManifestLines,
  position: number,
  kind: Kind,
): Extract<ManifestLine, { kind: Kind }> {
  if (position >= lines.count) throw manifestCorrupt(lines.numberOf(position), 'the manifest ends here');
  const line = lines.parse(position);
  if (line.kind !== kind) throw manifestCorrupt(line.line, `"${line.kind}" is out of place`);
  return line as Extract<ManifestLine, { kind: Kind }>;
}

/** Where the lines of a kind end that begin at `position`. */
function passOver(
  { text, count, from }: ManifestLines,
  position: number,
  kind: 'skeleton' | 'extent',
): number {
  let after = position;
  while (after < count && text[from(after)] === kind.charCodeAt(0)) after++;
  return after;
}

function skeletonOf(lines: ManifestLines, position: number): ManifestExtent {
  const line = lines.parse(position);
  if (line.kind !== 'skeleton') throw manifestCorrupt(line.line, `"${line.kind}" is out of place`);
  const { offset, length } = line;
  return { role: 'skeleton', offset, length, digest: apart(line.digest) };
}

interface Extents {
  readonly index: ExtentIndex;
  readonly table: Table<ManifestExtent>;
}

function extentsOf(lines: ManifestLines, index: ExtentIndex): Extents {
  const { offsets, lengths, areTensors } = index.spans;
  const extentAt = (at: number): ManifestExtent => {
    const end = lines.to(index.lines[at] as number);
    return {
      role: areTensors[at] === 1 ? 'tensor' : 'skeleton',
      offset: offsets[at] as number,
      length: lengths[at] as number,
      digest: lines.text.toString('latin1', end - DIGEST_CHARACTERS, end) as Digest,
    };
  };
  return { index, table: tableOf(index.lines.length, extentAt) };
}

/** Digests end the lines that say extents, and have no part in their order. */
function textWithDigests(lines: ManifestLines, index: ExtentIndex, digests: Table<Digest>): Buffer {
  const text = Buffer.from(lines.text);
  let at = 0;
  for (const digest of digests)
    text.write(digest, lines.to(index.lines[at++] as number) - DIGEST_CHARACTERS, 'latin1');
  return text;
}

function tensorOf(lines: ManifestLines, position: number, extents: () => Extents): ManifestTensor {
  const line = lines.parse(position);
  if (line.kind !== 'tensor' && line.kind !== 'view')
    throw manifestCorrupt(line.line, `"${line.kind}" is out of place`);
  if (line.kind === 'tensor') return tensorAlone(line);
  const { dtype, shape, offset, byteOrder, strides } = line;
  const name = apart(line.name);
  const { index, table } = extents();
  const extent = table.at(extentOfView(index.spans, line)) as ManifestExtent;
  return { name, dtype, shape, offset, byteOrder, extent, ...(strides ? { strides } : {}) };
}

function checkSorted(lines: ManifestLines, position: number): void {
  const [before, now] = [position - 1, position].map(at => wordIn(lines.bytes(at))) as [
    Uint8Array,
    Uint8Array,
  ];
  if (Buffer.compare(before, now) >= 0)
    throw manifestCorrupt(lines.numberOf(position), 'names are not sorted, or one occurs twice');
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
