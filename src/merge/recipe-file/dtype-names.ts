import { MgitError } from '../../base/errors.ts';
import type { Complain, DocumentPath } from '../../base/yaml-document.ts';
import { type Dtype, dtypeNamed } from '../../tensor/dtype.ts';
import { isFloat } from '../float-dtypes.ts';

/** PyTorch's names of floating-point types. */
const TORCH_NAMES: Readonly<Record<string, Dtype>> = {
  float64: 'F64',
  double: 'F64',
  float32: 'F32',
  float: 'F32',
  float16: 'F16',
  half: 'F16',
  bfloat16: 'BF16',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
};

/** Reads a floating-point dtype, by PyTorch's name (with or without `torch.`) or by safetensors'. Errors: `DTYPE_UNKNOWN`. */
export function readTorchDtype(
  name: string | null | undefined,
  path: DocumentPath = [],
  complain: Complain = (_path, message) => {
    throw new MgitError('DTYPE_UNKNOWN', message);
  },
): Dtype | undefined {
  if (name === undefined || name === null) return undefined;
  const dtype = TORCH_NAMES[name.replace(/^torch\./, '')] ?? dtypeNamed(name);
  if (dtype !== undefined && isFloat(dtype)) return dtype;
  return complain(path, `${JSON.stringify(name)} is no floating-point dtype`, {
    hint: `use one of: ${Object.keys(TORCH_NAMES).join(', ')}`,
  });
}

/** PyTorch's name of a dtype, as `config.json` has it; undefined where PyTorch has none. */
export function torchName(dtype: Dtype): string | undefined {
  return Object.entries(TORCH_NAMES).find(([, known]) => known === dtype)?.[0];
}
