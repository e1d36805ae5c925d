import { isUtf8 } from 'node:buffer';
import { isMgitError, MgitError } from '../../base/errors.ts';
import { nameTable } from '../../base/name-table.ts';
import { type Dtype, parseDtype } from '../../tensor/dtype.ts';
import {
  expectEnd,
  failJson,
  type JsonCursor,
  readArray,
  readNatural,
  readObject,
  readString,
  skipValue,
} from '../json-scanner.ts';
import { refuseForeignDtype } from './dtypes.ts';
import { type HeaderTable, headerDraft } from './header-table.ts';
import type { SafetensorsLimits } from './limits.ts';

/** One tensor as the header describes it. Offsets are in bytes from the end of the header. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the JSON of a header says, in its order. */
export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: HeaderTable;
}

const METADATA_KEY = '__metadata__';

/**
 * Reads the JSON of a header; says nothing about whether its tensors fit the file. Unknown members of a tensor are passed over, as the
 * reference reader does. Errors: `SAFETENSORS_HEADER_INVALID`, `SAFETENSORS_TENSOR_INVALID`, `DTYPE_UNKNOWN`; they name the tensor.
 * Source: https://github.com/huggingface/safetensors#format.
 */
export function parseHeader(json: Uint8Array, limits: SafetensorsLimits): SafetensorsHeader {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const cursor: JsonCursor = { text, code: 'SAFETENSORS_HEADER_INVALID', at: 0, subject: 'header' };
  if (!isUtf8(text)) failJson(cursor, 'the header is not valid UTF-8, which must begin');
  if (text[0] !== 0x7b) failJson(cursor, "expected '{'");
  return readHeader(cursor, limits);
}

function readHeader(cursor: JsonCursor, limits: SafetensorsLimits): SafetensorsHeader {
  const keys = nameTable(cursor.text.length); // More than they take: what is not used takes no memory.
  const draft = headerDraft(keys);
  let metadata: ReadonlyMap<string, string> = new Map();
  const readMember = (key: string): void => {
    cursor.subject = key === METADATA_KEY ? METADATA_KEY : `tensor ${quoted(key)}`;
    if (key === METADATA_KEY) metadata = readMetadata(cursor);
    else if (draft.count === limits.tensors) failJson(cursor, `more than ${limits.tensors} tensors`);
    else draft.add(readTensor(cursor, key, limits));
    cursor.subject = 'header';
  };
  readObject(cursor, readMember, keys);
  expectEnd(cursor);
  return { metadata, tensors: draft.table() };
}

function readMetadata(cursor: JsonCursor): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  readObject(cursor, key => void metadata.set(key, readString(cursor)));
  return metadata;
}

function readTensor(cursor: JsonCursor, name: string, limits: SafetensorsLimits): HeaderTensor {
  let dtype: Dtype | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  readObject(cursor, key => {
    if (key === 'dtype') dtype = namingTensor(name, () => safetensorsDtype(readString(cursor)));
    else if (key === 'shape') shape = readNaturals(cursor, limits.dimensions);
    else if (key === 'data_offsets') offsets = readNaturals(cursor, 2);
    else skipValue(cursor);
  });
  const [begin, end] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined)
    throw tensorError(name, 'dtype, shape or one of its two data_offsets is missing');
  return { name, dtype, shape, begin, end };
}

function safetensorsDtype(name: string): Dtype {
  const dtype = parseDtype(name);
  refuseForeignDtype(dtype);
  return dtype;
}

function readNaturals(cursor: JsonCursor, most: number): readonly number[] {
  const numbers: number[] = [];
  readArray(cursor, () => {
    if (numbers.length === most) failJson(cursor, `more than ${most} numbers`);
    numbers.push(readNatural(cursor));
  });
  return numbers;
}

/** The error of a tensor that contradicts itself, the file or another tensor. */
export function tensorError(name: string, problem: string): MgitError {
  return new MgitError('SAFETENSORS_TENSOR_INVALID', `tensor ${quoted(name)}: ${problem}`, {
    details: { tensor: name },
  });
}

/** Runs `read`, and adds the tensor's name to its error. */
export function namingTensor<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isMgitError(cause) || cause.message.startsWith('tensor ')) throw cause;
    const details = { ...cause.details, tensor: name };
    throw new MgitError(cause.code, `tensor ${quoted(name)}: ${cause.message}`, { cause, details });
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
}
