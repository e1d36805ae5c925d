import { crc32 } from 'node:zlib';
import { MgitError } from '../../base/errors.ts';
import type { Blueprint, PlacedBytes } from './blueprint.ts';

/**
 * The bytes of a file, each with its place: the tensors' data in their order, as `read` gives them (dense, row-major, little-endian), then the
 * rest. Errors: `EXTENT_CORRUPT` where data are not as long as their tensor; those of `read`.
 */
export async function* fileBytes(
  blueprint: Blueprint,
  read: (index: number) => AsyncIterable<Uint8Array>,
): AsyncGenerator<PlacedBytes> {
  const checksums: number[] = [];
  for (const [index, { name, offset, length }] of blueprint.tensors.entries()) {
    let [done, checksum] = [0, 0];
    for await (const bytes of read(index)) {
      yield { offset: offset + done, bytes };
      checksum = crc32(bytes, checksum);
      done += bytes.length;
    }
    if (done !== length)
      throw new MgitError('EXTENT_CORRUPT', `tensor ${name} has ${done} bytes of data, not ${length}`);
    checksums.push(checksum);
  }
  yield* blueprint.skeleton(checksums);
}
