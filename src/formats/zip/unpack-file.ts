import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';
import type { ZipFile } from './read-archive.ts';
import { zipInvalid } from './zip-error.ts';

const SLICE_BYTES = 1024 * 1024;
const DEFLATE = 8;
/** Of zlib's buffers: Node takes no fewer. */
const LEAST_CHUNK = 64;

/**
 * The bytes of a file of an archive, unpacked, in slices; never more than the archive claims. Errors: `ZIP_INVALID` where they are not as many as it claims, or have another
 * checksum; `ZIP_UNSUPPORTED` for other methods than deflate.
 */
export async function* unpackedBytes(source: ByteSource, file: ZipFile): AsyncGenerator<Uint8Array> {
  const where = JSON.stringify(file.name.slice(0, 200));
  let [done, checksum] = [0, 0];
  for await (const bytes of file.isStored ? packedBytes(source, file) : inflated(source, file, where)) {
    done += bytes.length;
    if (done > file.unpackedLength) throw zipInvalid(`${where} is longer than ${file.unpackedLength} bytes`);
    checksum = crc32(bytes, checksum);
    yield bytes;
  }
  if (done < file.unpackedLength) throw zipInvalid(`${where} ends after ${done} bytes`);
  if (checksum !== file.checksum) throw zipInvalid(`${where} does not have its checksum`);
}

async function* packedBytes(source: ByteSource, { offset, length }: ZipFile): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += SLICE_BYTES)
    yield await source.read(offset + done, Math.min(SLICE_BYTES, length - done));
}

async function* inflated(source: ByteSource, file: ZipFile, where: string): AsyncGenerator<Uint8Array> {
  if (file.method !== DEFLATE)
    throw new MgitError('ZIP_UNSUPPORTED', `${where} is compressed by method ${file.method}`, {
      hint: 'save the file again, without compression or with deflate',
    });
  // One more than it claims: what is longer shows in the first slice.
  const chunkSize = Math.min(SLICE_BYTES, Math.max(LEAST_CHUNK, file.unpackedLength + 1));
  const inflate = createInflateRaw({ chunkSize });
  const feeding = pipeline(Readable.from(packedBytes(source, file)), inflate);
  feeding.catch(() => {}); // Whoever reads is told.
  try {
    for await (const bytes of inflate) yield bytes as Uint8Array;
  } catch (error) {
    throw isSystemError(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR') ? zipInvalid(`${where} is damaged`) : error;
  }
}
