import { MgitError } from '../../base/errors.ts';
import { growingBytes } from '../../base/growing-columns.ts';
import { nameTable } from '../../base/name-table.ts';
import { type Table, tableOf } from '../../base/table.ts';
import { byteLength } from '../../tensor/dtype.ts';
import type { PlacedTensor, TensorSpec } from '../write/blueprint.ts';
import { refuseForeignDtype } from './dtypes.ts';
import { SAFETENSORS_LIMITS } from './limits.ts';

/** The beginning of a safetensors file, and the place of everything after it. */
export interface WrittenHeader {
  /** The file's first bytes: length, JSON, padding. */
  readonly bytes: Uint8Array;
  /** In the order given; their data follow each other without gaps. */
  readonly tensors: Table<PlacedTensor>;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** The JSON is padded with spaces so that the data begin at a multiple of this, as the reference writer does. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/**
 * The header for tensors whose data will follow in the order given. The same input gives the same bytes; metadata keys are sorted.
 * Errors: `SAFETENSORS_NAME_INVALID`, `DTYPE_UNKNOWN`, `SAFETENSORS_HEADER_TOO_LARGE`, `DTYPE_MISALIGNED`, `SHAPE_TOO_LARGE`.
 */
export function writeSafetensorsHeader(
  tensors: Table<TensorSpec>,
  metadata: Readonly<Record<string, string>> = {},
): WrittenHeader {
  checkNames(tensors);
  const ends = endsOf(tensors);
  const bytes = headerBytes(headerJson(tensors, ends, metadata), tensors.length);
  const placed = (place: number): PlacedTensor => {
    const [begin, end] = [ends[place] as number, ends[place + 1] as number];
    return { ...(tensors.at(place) as TensorSpec), offset: bytes.length + begin, length: end - begin };
  };
  return {
    bytes,
    tensors: tableOf(tensors.length, placed),
    size: bytes.length + (ends.at(-1) as number),
  };
}

function checkNames(tensors: Table<TensorSpec>): void {
  const seen = nameTable();
  seen.add('__metadata__');
  for (const { name } of tensors) {
    if (!name.isWellFormed() || seen.has(name))
      throw new MgitError(
        'SAFETENSORS_NAME_INVALID',
        `${JSON.stringify(name.slice(0, 200))} cannot name a tensor: names are unique, valid Unicode and not __metadata__`,
      );
    seen.add(name);
  }
}

/** Where each tensor's data end, counted from the end of the header; before them, where the first begin. */
function endsOf(tensors: Table<TensorSpec>): Float64Array {
  const ends = new Float64Array(tensors.length + 1);
  let [place, end] = [0, 0];
  for (const { dtype, shape } of tensors) {
    refuseForeignDtype(dtype);
    end += byteLength(dtype, shape);
    ends[++place] = end;
  }
  return ends;
}

function* headerJson(
  tensors: Table<TensorSpec>,
  ends: Float64Array,
  metadata: Readonly<Record<string, string>>,
): Generator<string> {
  const keys = Object.keys(metadata).sort();
  const entries = keys.map(key => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
  yield '{';
  if (keys.length > 0) yield `"__metadata__":{${entries.join(',')}}`;
  let place = 0;
  for (const { name, dtype, shape } of tensors) {
    const comma = place > 0 || keys.length > 0 ? ',' : '';
    const offsets = `${ends[place]},${ends[++place]}`;
    yield `${comma}${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offsets}]}`;
  }
  yield '}';
}

/** Bytes of a member with a name that is not short. */
const EXPECTED_MEMBER = 150;

function headerBytes(json: Iterable<string>, members: number): Uint8Array {
  const bytes = growingBytes(EXPECTED_MEMBER * (members + 2));
  bytes.append(new Uint8Array(LENGTH_BYTES));
  for (const piece of json) bytes.appendText(piece);
  const padding = -(bytes.length - LENGTH_BYTES) & (ALIGNMENT - 1);
  bytes.appendText(' '.repeat(padding));
  const length = bytes.length - LENGTH_BYTES;
  if (length > SAFETENSORS_LIMITS.headerBytes)
    throw new MgitError('SAFETENSORS_HEADER_TOO_LARGE', `the header would take ${length} bytes`);
  bytes.buffer.writeBigUInt64LE(BigInt(length));
  return bytes.buffer.subarray(0, bytes.length);
}
