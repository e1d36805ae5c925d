import { MgitError } from '../../base/errors.ts';

/** Unsigned bytes in a rectangular array. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/** True when the bytes begin like an IDX file of unsigned bytes with `rank` dimensions. */
export function isIdx(bytes: Uint8Array, rank: number): boolean {
  return (
    bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === UNSIGNED_BYTE && bytes[3] === rank
  );
}

/**
 * Reads an IDX file of unsigned bytes. `name` is what errors call it. Errors: `DATA_CORRUPT`.
 * Source: the format's description on the MNIST page (magic number, big-endian dimensions, data).
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const rank = bytes[3] ?? 0;
  const headerLength = 4 + 4 * rank;
  if (rank === 0 || !isIdx(bytes, rank))
    throw corrupt(name, 'it does not begin as an IDX file of bytes does');
  if (bytes.length < headerLength) throw corrupt(name, 'it ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, side) => product * side, 1);
  if (bytes.length - headerLength !== size)
    throw corrupt(name, `its shape [${shape}] needs ${size} bytes, it holds ${bytes.length - headerLength}`);
  return { shape, data: bytes.subarray(headerLength) };
}

/** The error of a data file that contradicts itself. */
export function corrupt(name: string, problem: string): MgitError {
  return new MgitError('DATA_CORRUPT', `${name} is not a sound data file: ${problem}`, {
    hint: 'download or copy the file again',
  });
}
