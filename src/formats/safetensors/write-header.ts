import { MgitError } from '../../base/errors.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { PlacedTensor, TensorSpec } from '../write/blueprint.ts';
import { refuseForeignDtype } from './dtypes.ts';
import { SAFETENSORS_LIMITS } from './limits.ts';

/** The beginning of a safetensors file, and the place of everything after it. */
export interface WrittenHeader {
  /** The file's first bytes: length, JSON, padding. */
  readonly bytes: Uint8Array;
  /** In the order given; their data follow each other without gaps. */
  readonly tensors: readonly PlacedTensor[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/** The JSON is padded with spaces so that the data begin at a multiple of this, as the reference writer does. */
const ALIGNMENT = 8;

/**
 * The header for tensors whose data will follow in the order given. The same input gives the same bytes; metadata keys are sorted.
 * Errors: `SAFETENSORS_NAME_INVALID`, `DTYPE_UNKNOWN`, `SAFETENSORS_HEADER_TOO_LARGE`, `DTYPE_MISALIGNED`, `SHAPE_TOO_LARGE`.
 */
export function writeSafetensorsHeader(
  tensors: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): WrittenHeader {
  checkNames(tensors);
  for (const { dtype } of tensors) refuseForeignDtype(dtype);
  const lengths = tensors.map(({ dtype, shape }) => byteLength(dtype, shape));
  const bytes = headerBytes(headerJson(tensors, lengths, metadata));
  let offset = bytes.length;
  const placed = tensors.map((tensor, index) => {
    const length = lengths[index] ?? 0;
    offset += length;
    return { ...tensor, offset: offset - length, length };
  });
  return { bytes, tensors: placed, size: offset };
}

function checkNames(tensors: readonly TensorSpec[]): void {
  const seen = new Set(['__metadata__']);
  for (const { name } of tensors) {
    if (seen.has(name) || !name.isWellFormed())
      throw new MgitError(
        'SAFETENSORS_NAME_INVALID',
        `${JSON.stringify(name.slice(0, 200))} cannot name a tensor: names are unique, valid Unicode and not __metadata__`,
      );
    seen.add(name);
  }
}

function headerJson(
  tensors: readonly TensorSpec[],
  lengths: readonly number[],
  metadata: Readonly<Record<string, string>>,
): string {
  const keys = Object.keys(metadata).sort();
  const members: string[] = [];
  if (keys.length > 0) {
    const entries = keys.map(key => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    members.push(`"__metadata__":{${entries.join(',')}}`);
  }
  let begin = 0;
  for (const [index, { name, dtype, shape }] of tensors.entries()) {
    const end = begin + (lengths[index] ?? 0);
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  return `{${members.join(',')}}`;
}

function headerBytes(json: string): Uint8Array {
  const length = Buffer.byteLength(json);
  const padded = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  if (padded > SAFETENSORS_LIMITS.headerBytes)
    throw new MgitError('SAFETENSORS_HEADER_TOO_LARGE', `the header would take ${padded} bytes`);
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  bytes.write(json, 8);
  return bytes;
}
