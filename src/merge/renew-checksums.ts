import { crc32 } from 'node:zlib';
import { MgitError } from '../base/errors.ts';
import type { Digest } from '../base/ids.ts';
import type { PlacedBytes } from '../formats/write/blueprint.ts';
import { checksumPlaces } from '../formats/zip/checksum-places.ts';
import { combineCrc32 } from '../formats/zip/crc32.ts';
import { readArchive, type ZipFile } from '../formats/zip/read-archive.ts';
import type { Manifest, ManifestExtent } from '../store/manifest/manifest.ts';
import { manifestOf } from '../store/manifest/manifest-of.ts';
import { storedBytes } from '../store/stored-bytes.ts';
import type { StoreWriter, TensorStore } from '../store/tensor-store.ts';

/** Formats that are zip archives. */
const ARCHIVES: ReadonlySet<string> = new Set(['npz', 'pytorch']);

/** What {@link renewChecksums} works with. */
export interface ChecksumContext {
  readonly store: Pick<TensorStore, 'read'>;
  readonly writer: Pick<StoreWriter, 'addExtent'>;
  /** CRC-32 of extents that are not in the store yet. */
  readonly checksums: ReadonlyMap<Digest, number>;
}

/** True for a format whose files keep a CRC-32 of what is in them. */
export function keepsChecksums(format: string): boolean {
  return ARCHIVES.has(format);
}

/**
 * A merged archive whose headers say the CRC-32 of what is now in its files; other formats stay as they are. `old` is the file whose
 * layout the merged one has. New skeleton is added to the writer. Errors: `ZIP_INVALID`, `EXTENT_MISSING`, `EXTENT_CORRUPT`.
 */
export async function renewChecksums(
  merged: Manifest,
  old: Manifest,
  context: ChecksumContext,
): Promise<Manifest> {
  if (!keepsChecksums(merged.format)) return merged;
  const source = storedBytes(context.store, old);
  const files = [...(await readArchive(source)).values()];
  const patches: PlacedBytes[] = [];
  for (const { file, pieces } of piecesOf(files, merged, old)) {
    if (!pieces.some(({ isNew }) => isNew)) continue;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(await checksumOf(pieces, context));
    for (const offset of await checksumPlaces(source, file)) patches.push({ offset, bytes });
  }
  return withPatches(merged, patches, context);
}

/** The part of an extent that lies in a file of the archive. */
interface Piece {
  readonly extent: ManifestExtent;
  readonly isNew: boolean;
  /** From the extent's begin. */
  readonly offset: number;
  readonly length: number;
}

/** The files with what they consist of now. Both files and extents are in the order of their bytes. */
function* piecesOf(
  files: readonly ZipFile[],
  merged: Manifest,
  old: Manifest,
): Generator<{ readonly file: ZipFile; readonly pieces: readonly Piece[] }> {
  const before = [...old.extents];
  const extents = [...merged.extents];
  let first = 0;
  for (const file of files) {
    const end = file.offset + file.length;
    const pieces: Piece[] = [];
    while (first < extents.length && endOf(extents[first]) <= file.offset) first++;
    for (let at = first; at < extents.length && (extents[at]?.offset ?? end) < end; at++) {
      const extent = extents[at] as ManifestExtent;
      const from = Math.max(extent.offset, file.offset);
      const length = Math.min(endOf(extent), end) - from;
      const isNew = before[at]?.digest !== extent.digest;
      if (length > 0) pieces.push({ extent, isNew, offset: from - extent.offset, length });
    }
    yield { file, pieces };
  }
}

function endOf(extent: ManifestExtent | undefined): number {
  return extent ? extent.offset + extent.length : 0;
}

async function checksumOf(pieces: readonly Piece[], { store, checksums }: ChecksumContext): Promise<number> {
  let total = 0;
  for (const { extent, offset, length } of pieces) {
    let own = checksums.get(extent.digest);
    if (own === undefined || length !== extent.length) {
      own = 0;
      for await (const slice of store.read(extent.digest, { offset, length })) own = crc32(slice, own);
    }
    total = combineCrc32(total, own, length);
  }
  return total;
}

async function withPatches(
  merged: Manifest,
  patches: readonly PlacedBytes[],
  { store, writer }: ChecksumContext,
): Promise<Manifest> {
  const digests: Digest[] = [];
  const sorted = patches.toSorted((left, right) => left.offset - right.offset);
  let done = 0;
  for (const extent of merged.extents) {
    const from = done;
    while (extent.role === 'skeleton' && isIn(sorted[done], extent)) done++;
    const own = sorted.slice(from, done);
    digests.push(
      own.length === 0
        ? extent.digest
        : await writer.addExtent(patched(store.read(extent.digest), extent, own), extent.length),
    );
  }
  if (done === patches.length) return manifestOf(merged, digests);
  throw new MgitError('MERGE_LAYOUT_UNSUPPORTED', 'a tensor lies on a checksum of its archive', {
    hint: 'keep the model as safetensors',
  });
}

function isIn(patch: PlacedBytes | undefined, extent: ManifestExtent): boolean {
  if (!patch) return false;
  return patch.offset >= extent.offset && patch.offset + patch.bytes.length <= endOf(extent);
}

async function* patched(
  slices: AsyncIterable<Uint8Array>,
  extent: ManifestExtent,
  patches: readonly PlacedBytes[],
): AsyncGenerator<Uint8Array> {
  let at = extent.offset;
  for await (const slice of slices) {
    const bytes = Uint8Array.from(slice);
    for (const patch of patches)
      for (const [index, byte] of patch.bytes.entries()) {
        const place = patch.offset + index - at;
        if (place >= 0 && place < bytes.length) bytes[place] = byte;
      }
    yield bytes;
    at += bytes.length;
  }
}
