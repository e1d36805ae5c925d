import type { Dtype } from '../tensor/dtype.ts';

/** The dtypes whose elements have an average: floats that can be rounded to, down to eight bits. */
export const FLOAT_DTYPES = [
  'F64',
  'F32',
  'F16',
  'BF16',
  'F8_E4M3',
  'F8_E5M2',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
] as const satisfies readonly Dtype[];

/** True for dtypes that merge methods can calculate with. */
export function isFloat(dtype: Dtype): boolean {
  return FLOAT_DTYPES.some(known => known === dtype);
}
