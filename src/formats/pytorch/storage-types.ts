import type { Dtype } from '../../tensor/dtype.ts';

/** Element types of PyTorch's storage classes. Quantised integers are what their storage holds; their scale is in the pickle. */
const STORAGE_DTYPES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
  ComplexDoubleStorage: 'C128',
  QInt8Storage: 'I8',
  QUInt8Storage: 'U8',
  QInt32Storage: 'I32',
};

/** Element types by the name of `torch.dtype`. */
const TORCH_DTYPES: Readonly<Record<string, Dtype>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  complex64: 'C64',
  complex128: 'C128',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
};

/** The element type of `torch.FloatStorage`, `torch.cuda.FloatStorage`, ...; undefined for untyped storages and unknown names. */
export function dtypeOfStorage(globalName: string): Dtype | undefined {
  const [, name] = /^torch\.(?:cuda\.|storage\.)?(\w+)$/.exec(globalName) ?? [];
  return name !== undefined && Object.hasOwn(STORAGE_DTYPES, name) ? STORAGE_DTYPES[name] : undefined;
}

/** The element type of `torch.float32`, ... */
export function dtypeOfName(globalName: string): Dtype | undefined {
  const [, name] = /^torch\.(\w+)$/.exec(globalName) ?? [];
  return name !== undefined && Object.hasOwn(TORCH_DTYPES, name) ? TORCH_DTYPES[name] : undefined;
}

/** The storage class that `torch.save` writes for a dtype; undefined for those that came after typed storages, and those PyTorch does not have. */
export function storageOfDtype(dtype: Dtype): string | undefined {
  const found = Object.entries(STORAGE_DTYPES).find(([, other]) => other === dtype);
  return found?.[0];
}

/** The name of a dtype in `torch`; undefined for those that PyTorch does not have. */
export function nameOfDtype(dtype: Dtype): string | undefined {
  return Object.entries(TORCH_DTYPES).find(([, other]) => other === dtype)?.[0];
}
