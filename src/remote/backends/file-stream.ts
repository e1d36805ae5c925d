import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';

const SLICE = 1 << 20;

/** The bytes of a file from `offset` on, in slices of at most a mebibyte. */
export async function* fileSlices(
  fs: FileSystem,
  path: string,
  range?: { readonly offset: number; readonly length: number },
): AsyncGenerator<Uint8Array> {
  const file = await fs.open(path, 'read');
  try {
    const end = range ? range.offset + range.length : Number.POSITIVE_INFINITY;
    for (let position = range?.offset ?? 0; position < end; ) {
      const slice = await readSlice(file, position, Math.min(SLICE, end - position));
      if (slice.length === 0) return;
      yield slice;
      position += slice.length;
    }
  } finally {
    await file.close();
  }
}

async function readSlice(file: OpenFile, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  return buffer.subarray(0, await file.read(buffer, position));
}

/** A file as the body of a request. */
export function fileStream(
  fs: FileSystem,
  path: string,
  onBytes: (count: number) => void,
): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    (async function* () {
      for await (const slice of fileSlices(fs, path)) {
        onBytes(slice.length);
        yield slice;
      }
    })(),
  );
}
