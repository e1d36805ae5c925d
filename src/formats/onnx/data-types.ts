import type { Dtype } from '../../tensor/dtype.ts';

/** Element types by their number. Source: `onnx.proto`, `TensorProto.DataType`; strings (8) and 4-bit integers (21, 22) are no dtypes of mgit. */
export const ONNX_DTYPES: ReadonlyMap<number, Dtype> = new Map<number, Dtype>([
  [1, 'F32'],
  [2, 'U8'],
  [3, 'I8'],
  [4, 'U16'],
  [5, 'I16'],
  [6, 'I32'],
  [7, 'I64'],
  [9, 'BOOL'],
  [10, 'F16'],
  [11, 'F64'],
  [12, 'U32'],
  [13, 'U64'],
  [14, 'C64'],
  [15, 'C128'],
  [16, 'BF16'],
  [17, 'F8_E4M3'],
  [18, 'F8_E4M3FNUZ'],
  [19, 'F8_E5M2'],
  [20, 'F8_E5M2FNUZ'],
  [23, 'F4'],
  [24, 'F8_E8M0'],
]);
