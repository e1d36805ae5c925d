import { MgitError } from '../../base/errors.ts';
import type { ByteSource, TensorView } from '../checkpoint.ts';
import { dtypeOfNumpy, fortranStrides } from './dtypes.ts';

/** An array as its header describes it. */
export interface NpyHeader {
  /** NumPy's own words for the element type. */
  readonly description: string;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data begins, in bytes from the start of the array's file. */
  readonly dataOffset: number;
}

const MAGIC = '\x93NUMPY';
/** Bytes of magic, version and the shorter length field. */
const PREFIX_BYTES = 10;
/** NumPy writes some 120 bytes. */
const MOST_HEADER_BYTES = 1024 * 1024;
const MOST_DIMENSIONS = 64;

/** True for a file that begins as a NumPy array does. */
export function looksLikeNpy(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/**
 * Reads the header of an array that lies at `offset` of a file and has `length` bytes there. Errors: `NPY_INVALID`.
 * Source: NumPy's `numpy/lib/format.py`, versions 1.0 to 3.0.
 */
export async function readNpyHeader(
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<NpyHeader> {
  if (length < PREFIX_BYTES) throw npyInvalid('it ends within its header');
  const prefix = Buffer.from(await source.read(offset, Math.min(length, PREFIX_BYTES + 2)));
  if (!looksLikeNpy(prefix)) throw npyInvalid('it does not begin as one');
  const major = prefix.readUInt8(6);
  if (major < 1 || major > 3) throw npyInvalid(`its version is ${major}`);
  const start = major === 1 ? PREFIX_BYTES : PREFIX_BYTES + 2;
  if (prefix.length < start) throw npyInvalid('it ends within its header');
  const bytes = major === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (bytes > MOST_HEADER_BYTES || start + bytes > length)
    throw npyInvalid(`its header claims ${bytes} bytes`);
  const text = Buffer.from(await source.read(offset + start, bytes)).toString(
    major === 3 ? 'utf8' : 'latin1',
  );
  return { ...parseDescription(text), dataOffset: start + bytes };
}

/** The dictionary that NumPy writes: a Python literal of three known keys, read without evaluating anything. */
function parseDescription(text: string): Omit<NpyHeader, 'dataOffset'> {
  const description = /'descr'\s*:\s*(?:'([^'\\]{1,64})'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([0-9,\sL]{0,2048})\)/.exec(text);
  if (!description || !order || !shape) throw npyInvalid('its header lacks descr, fortran_order or shape');
  const dimensions = (shape[1] ?? '')
    .split(',')
    .map(item => item.trim().replace(/L$/, ''))
    .filter(item => item !== '')
    .map(Number);
  if (dimensions.length > MOST_DIMENSIONS || !dimensions.every(Number.isSafeInteger))
    throw npyInvalid('its shape makes no sense');
  return {
    description: description[1] ?? 'a structure',
    isFortranOrder: order[1] === 'True',
    shape: dimensions,
  };
}

/** The array as a tensor called `name`; undefined for elements that are no numbers (text, dates, structures, Python objects). `offset` is where its data lies in the file. */
export function viewOfArray(name: string, header: NpyHeader, offset: number): TensorView | undefined {
  const dtype = dtypeOfNumpy(header.description.slice(1));
  const mark = header.description[0] ?? '';
  if (!dtype || !'<>|='.includes(mark)) return undefined;
  const strides = header.isFortranOrder && header.shape.length > 1 ? fortranStrides(header.shape) : undefined;
  return {
    name,
    dtype,
    shape: header.shape,
    offset,
    byteOrder: mark === '>' ? 'big' : 'little',
    ...(strides ? { strides } : {}),
  };
}

/** The error of an array's file that contradicts itself. */
export function npyInvalid(problem: string): MgitError {
  return new MgitError('NPY_INVALID', `not a valid NumPy array: ${problem}`, {
    hint: 'copy or download the file again',
  });
}
