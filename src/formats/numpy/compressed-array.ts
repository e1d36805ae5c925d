import { viewSpan } from '../../tensor/view-span.ts';
import { memoryByteSource } from '../byte-source.ts';
import type { ByteSource, EncodedTensor } from '../checkpoint.ts';
import type { ZipFile } from '../zip/read-archive.ts';
import { unpackedBytes } from '../zip/unpack-file.ts';
import { npyInvalid, readNpyHeader, viewOfArray } from './npy-header.ts';

/** Of an array's file, unpacked to find its header: NumPy writes some 120 bytes. */
const HEAD_BYTES = 64 * 1024;

/** The array in a compressed file of an archive; undefined for elements that are no numbers. Errors: `NPY_INVALID`, `ZIP_INVALID`, `ZIP_UNSUPPORTED`. */
export async function compressedArray(
  name: string,
  source: ByteSource,
  file: ZipFile,
): Promise<EncodedTensor | undefined> {
  const head = await firstBytes(unpackedBytes(source, file), Math.min(HEAD_BYTES, file.unpackedLength));
  const header = await readNpyHeader(memoryByteSource(head), { offset: 0, length: head.length });
  const view = viewOfArray(name, header, header.dataOffset);
  if (!view) return undefined;
  const { offset, ...rest } = view;
  if (offset + viewSpan(view) !== file.unpackedLength)
    throw npyInvalid(`${JSON.stringify(name)} is not as long as its shape says`);
  return { ...rest, span: () => bytesFrom(unpackedBytes(source, file), offset) };
}

async function firstBytes(slices: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let done = 0;
  for await (const slice of slices) {
    parts.push(slice);
    done += slice.length;
    if (done >= length) break;
  }
  return Buffer.concat(parts).subarray(0, length);
}

async function* bytesFrom(slices: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const slice of slices) {
    if (at + slice.length > start) yield slice.subarray(Math.max(0, start - at));
    at += slice.length;
  }
}
