import { MgitError } from '../../base/errors.ts';
import type { Dtype } from '../../tensor/dtype.ts';

/** The element types that a safetensors file may hold. Source: safetensors `Dtype` (0.7). */
export const SAFETENSORS_DTYPES: ReadonlySet<Dtype> = new Set<Dtype>([
  'BOOL',
  'F4',
  'F6_E2M3',
  'F6_E3M2',
  'U8',
  'I8',
  'F8_E5M2',
  'F8_E4M3',
  'F8_E8M0',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
  'I16',
  'U16',
  'F16',
  'BF16',
  'I32',
  'U32',
  'F32',
  'C64',
  'F64',
  'I64',
  'U64',
]);

/** Other formats have element types that this one does not. Errors: `DTYPE_UNKNOWN`. */
export function refuseForeignDtype(dtype: Dtype): void {
  if (!SAFETENSORS_DTYPES.has(dtype))
    throw new MgitError('DTYPE_UNKNOWN', `safetensors has no dtype ${dtype}`);
}
