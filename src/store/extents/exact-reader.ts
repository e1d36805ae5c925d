import { MgitError } from '../../base/errors.ts';
import { type BufferPool, foreignBuffers } from './buffer-pool.ts';

/** Takes exact lengths from a stream of slices. */
export interface ExactReader {
  /** Exactly `length` bytes, for the caller to release. Errors: `EXTENT_CORRUPT` when the stream ends before. */
  take(length: number): Promise<Uint8Array>;
  /** The same, into `target`. */
  fill(target: Uint8Array): Promise<Uint8Array>;
  /** Whether nothing is left. */
  isAtEnd(): Promise<boolean>;
  /** Ends the stream early. */
  close(): Promise<void>;
}

const NOTHING: Uint8Array = new Uint8Array();

/** Reads a stream of slices of any size in exact lengths. Slices that lie in `buffers` are released when they are used up. */
export function exactReader(
  slices: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  buffers: BufferPool = foreignBuffers,
): ExactReader {
  const iterator =
    Symbol.asyncIterator in slices ? slices[Symbol.asyncIterator]() : slices[Symbol.iterator]();
  let slice = NOTHING;
  let used = 0;
  const hasMore = async (): Promise<boolean> => {
    while (used === slice.length) {
      const next = await iterator.next();
      if (next.done) return false;
      slice = next.value;
      used = 0;
    }
    return true;
  };
  const fill = async (): Promise<void> => {
    if (!(await hasMore())) throw new MgitError('EXTENT_CORRUPT', 'an extent ended before its length');
  };
  const copyTo = (target: Uint8Array): number => {
    const count = Math.min(target.length, slice.length - used);
    target.set(slice.subarray(used, used + count));
    used += count;
    if (used === slice.length) buffers.release(forget());
    return count;
  };
  /** What is released or handed over may be gone the next moment. */
  const forget = (): Uint8Array => {
    const whole = slice;
    slice = NOTHING;
    used = 0;
    return whole;
  };
  const fillWhole = async (target: Uint8Array): Promise<Uint8Array> => {
    for (let done = 0; done < target.length; ) {
      await fill();
      done += copyTo(target.subarray(done));
    }
    return target;
  };
  return {
    fill: fillWhole,
    take: async length => {
      if (length === 0) return new Uint8Array();
      await fill();
      if (used === 0 && slice.length === length) {
        return forget(); // The usual case: both sides are cut at the same places.
      }
      return fillWhole(Buffer.allocUnsafeSlow(length));
    },
    isAtEnd: async () => !(await hasMore()),
    close: async () => {
      buffers.release(forget());
      await iterator.return?.();
    },
  };
}
