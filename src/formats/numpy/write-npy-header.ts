import { MgitError } from '../../base/errors.ts';
import type { Dtype } from '../../tensor/dtype.ts';

/** NumPy's words for little-endian elements; it has none for the types that are not here. */
const DESCRIPTIONS: Readonly<Partial<Record<Dtype, string>>> = {
  BOOL: '|b1',
  U8: '|u1',
  I8: '|i1',
  U16: '<u2',
  I16: '<i2',
  U32: '<u4',
  I32: '<i4',
  U64: '<u8',
  I64: '<i8',
  F16: '<f2',
  F32: '<f4',
  F64: '<f8',
  C64: '<c8',
  C128: '<c16',
};
/** Header and magic together fill up to a multiple of this. */
const ALIGNMENT = 64;
const PREFIX_BYTES = 10;

/** True for the element types that NumPy has. */
export function isNumpyDtype(dtype: Dtype): boolean {
  return DESCRIPTIONS[dtype] !== undefined;
}

/**
 * The bytes before the elements of a NumPy array, row-major and little-endian. Errors: `DTYPE_NOT_CONVERTIBLE` for a type that NumPy
 * does not have. Source: NumPy's `numpy/lib/format.py`, version 1.0.
 */
export function npyHeader(dtype: Dtype, shape: readonly number[]): Uint8Array {
  const description = DESCRIPTIONS[dtype];
  if (description === undefined)
    throw new MgitError('DTYPE_NOT_CONVERTIBLE', `NumPy has no element type for ${dtype}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((PREFIX_BYTES + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.from(`${text.padEnd(total - PREFIX_BYTES - 1, ' ')}\n`, 'latin1');
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  prefix.writeUInt16LE(header.length, 8);
  return Buffer.concat([prefix, header]);
}
