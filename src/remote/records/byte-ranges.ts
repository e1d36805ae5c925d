import type { PackPointer } from '../pointer.ts';
import type { RemoteFrame } from './remote-record.ts';

/** A run of bytes of a remote pack that one request brings, and the parts of it that are wanted, in order. Offsets are in the pack. */
export interface ByteRange {
  readonly pack: PackPointer;
  readonly offset: number;
  readonly length: number;
  readonly keep: readonly { readonly offset: number; readonly length: number }[];
}

/** What a request costs in bytes, about: a gap that is no longer is fetched along and dropped. */
const GAP_BYTES = 16 * 1024;
/** Bytes of a request: held in memory, a few at a time. */
const RANGE_BYTES = 8 * 1024 * 1024;

/** The ranges that bring frames in their order, behind the first `skip` of their bytes. Neighbours come together. */
export function* byteRanges(frames: Iterable<RemoteFrame>, skip = 0): Generator<ByteRange> {
  let range: ByteRange | undefined;
  let left = skip;
  for (const { pack, offset, storedLength } of frames) {
    const skipped = Math.min(left, storedLength);
    left -= skipped;
    if (skipped === storedLength) continue;
    const piece = { offset: offset + skipped, length: storedLength - skipped };
    const joined: ByteRange | undefined = range && join(range, pack, piece);
    if (range && !joined) yield range;
    range = joined ?? { pack, ...piece, keep: [piece] };
  }
  if (range) yield range;
}

/** The range with the piece behind it; undefined where it must come by itself. */
function join(
  range: ByteRange,
  pack: PackPointer,
  piece: { readonly offset: number; readonly length: number },
): ByteRange | undefined {
  const gap = piece.offset - (range.offset + range.length);
  const length = piece.offset + piece.length - range.offset;
  if (pack.id !== range.pack.id || gap < 0 || gap > GAP_BYTES || length > RANGE_BYTES) return undefined;
  const last = range.keep.at(-1);
  const keep =
    gap === 0 && last
      ? [...range.keep.slice(0, -1), { offset: last.offset, length: last.length + piece.length }]
      : [...range.keep, piece];
  return { ...range, length, keep };
}
