/** Reads a stream of slices in other portions than it comes in. Dispose it to stop the stream. */
export interface ByteStream extends AsyncDisposable {
  /** Fills `target` as far as the stream reaches; returns the number of bytes. */
  fill(target: () => Uint8Array): Promise<number>;
}

/** A {@link ByteStream} on slices of any size. `target` is asked for again after each wait, since kernel memory may have moved. */
export function createByteStream(slices: AsyncIterable<Uint8Array>): ByteStream {
  const iterator = slices[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return {
    fill: async target => {
      let done = 0;
      for (const length = target().length; done < length; ) {
        if (rest.length === 0) {
          const next = await iterator.next();
          if (next.done) break;
          rest = next.value;
          continue;
        }
        const part = rest.subarray(0, length - done);
        target().set(part, done);
        rest = rest.subarray(part.length);
        done += part.length;
      }
      return done;
    },
    [Symbol.asyncDispose]: async () => void (await iterator.return?.()),
  };
}
