import { MgitError } from '../../base/errors.ts';

/** Takes exact lengths from a stream of slices. */
export interface ExactReader {
  /** Exactly `length` bytes. Errors: `EXTENT_CORRUPT` when the stream ends before. */
  take(length: number): Promise<Uint8Array>;
  /** Whether nothing is left. */
  isAtEnd(): Promise<boolean>;
  /** Ends the stream early. */
  close(): Promise<void>;
}

/** Reads a stream of slices of any size in exact lengths. */
export function exactReader(slices: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ExactReader {
  const iterator =
    Symbol.asyncIterator in slices ? slices[Symbol.asyncIterator]() : slices[Symbol.iterator]();
  let rest: Uint8Array = new Uint8Array();
  const hasMore = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done) return false;
      rest = next.value;
    }
    return true;
  };
  const fill = async (): Promise<void> => {
    if (!(await hasMore())) throw new MgitError('EXTENT_CORRUPT', 'an extent ended before its length');
  };
  return {
    take: async length => {
      if (length === 0) return new Uint8Array();
      await fill();
      if (rest.length >= length) return cut(length);
      const whole = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        await fill();
        const part = cut(Math.min(rest.length, length - done));
        whole.set(part, done);
        done += part.length;
      }
      return whole;
    },
    isAtEnd: async () => !(await hasMore()),
    close: async () => void (await iterator.return?.()),
  };

  function cut(length: number): Uint8Array {
    const part = rest.subarray(0, length);
    rest = rest.subarray(length);
    return part;
  }
}
