import { byteLength, type Dtype } from '../../tensor/dtype.ts';
import type { EncodedTensor, ExternalPlace, TensorView } from '../checkpoint.ts';
import { isInnerPath } from '../safetensors/shard-index.ts';
import { ONNX_DTYPES } from './data-types.ts';
import { varintElements } from './varint-data.ts';
import { type FileRange, onnxInvalid, type WireField, type WireReader } from './wire-reader.ts';

/** Field numbers of `TensorProto`. Source: `onnx.proto`. */
const FIELD = {
  dims: 1,
  dataType: 2,
  floats: 4,
  int32: 5,
  int64: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64: 11,
  external: 13,
  location: 14,
} as const;
/** Fields whose packed elements lie in the file as raw data would: little-endian numbers of a fixed width. */
const FIXED_WIDTH: ReadonlyMap<number, readonly Dtype[]> = new Map<number, readonly Dtype[]>([
  [FIELD.raw, [...ONNX_DTYPES.values()]],
  [FIELD.floats, ['F32', 'C64']],
  [FIELD.doubles, ['F64', 'C128']],
]);
/** Fields whose packed elements are varints. */
const VARINTS: ReadonlyMap<number, readonly Dtype[]> = new Map<number, readonly Dtype[]>([
  [
    FIELD.int32,
    [
      'I32',
      'I16',
      'I8',
      'U16',
      'U8',
      'BOOL',
      'F16',
      'BF16',
      'F8_E4M3',
      'F8_E4M3FNUZ',
      'F8_E5M2',
      'F8_E5M2FNUZ',
    ],
  ],
  [FIELD.int64, ['I64']],
  [FIELD.uint64, ['U32', 'U64']],
]);
/** `StringStringEntryProto`. */
const ENTRY = { key: 1, value: 2 } as const;
const EXTERNAL = 1n;
const MOST_DIMENSIONS = 64;
const NAME_BYTES = 64 * 1024;

interface Proto {
  readonly dims: bigint[];
  dtype: Dtype | undefined;
  name: string;
  isExternal: boolean;
  /** Where external data is: `location`, `offset`, `length`. */
  readonly place: Map<string, string>;
  /** Runs of packed elements. */
  readonly data: { readonly field: number; readonly range: FileRange }[];
}

/**
 * The tensor of a `TensorProto`, called `name` unless it has a name of its own; undefined where its elements do not lie in the file as they are: external
 * data, strings, small integers (which are varints). Errors: `ONNX_INVALID`.
 */
export async function tensorOfProto(
  reader: WireReader,
  range: FileRange,
  name: string,
): Promise<TensorView | undefined> {
  const proto = await readProto(reader, range);
  const [run, ...more] = proto.data.filter(({ range: { length } }) => length > 0);
  const shape = proto.dims.map(shapeNumber);
  if (!proto.dtype || proto.isExternal || !run || more.length > 0) return undefined;
  if (!FIXED_WIDTH.get(run.field)?.includes(proto.dtype)) return undefined;
  const own = proto.name || name;
  if (byteLength(proto.dtype, shape) !== run.range.length)
    throw onnxInvalid(
      `tensor ${JSON.stringify(own.slice(0, 200))} has ${run.range.length} bytes for shape [${shape}]`,
    );
  return { name: own, dtype: proto.dtype, shape, offset: run.range.offset, byteOrder: 'little' };
}

/** A tensor whose elements are varints, or in another file; undefined for others, and for strings. Errors: `ONNX_INVALID`. */
export async function encodedTensorOfProto(
  reader: WireReader,
  range: FileRange,
  name: string,
): Promise<EncodedTensor | undefined> {
  const proto = await readProto(reader, range);
  const { dtype } = proto;
  if (!dtype) return undefined;
  const tensor = {
    name: proto.name || name,
    dtype,
    shape: proto.dims.map(shapeNumber),
    byteOrder: 'little' as const,
  };
  if (proto.isExternal) return { ...tensor, external: externalPlace(tensor, proto.place), span: elsewhere };
  const [run, ...more] = proto.data.filter(({ range: { length } }) => length > 0);
  if (!run || more.length > 0 || !VARINTS.get(run.field)?.includes(dtype)) return undefined;
  return { ...tensor, span: () => varintElements(reader.source, { ...tensor, range: run.range }) };
}

/** Whoever reads looks at `external` first. */
function elsewhere(): never {
  throw onnxInvalid('its elements are in another file');
}

/** Source: `onnx.proto`, `TensorProto.external_data`. Without an offset the data begin with the file; their length follows from the shape. */
function externalPlace(
  { name, dtype, shape }: Pick<EncodedTensor, 'name' | 'dtype' | 'shape'>,
  place: ReadonlyMap<string, string>,
): ExternalPlace {
  const file = place.get('location') ?? '';
  const offset = Number(place.get('offset') ?? 0);
  const length = byteLength(dtype, shape);
  const isRight =
    isInnerPath(file) &&
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    [String(length), undefined].includes(place.get('length'));
  if (!isRight) throw onnxInvalid(`the external data of ${JSON.stringify(name.slice(0, 200))} make no sense`);
  return { file, offset, length };
}

async function entryOf(reader: WireReader, range: FileRange): Promise<readonly [string, string]> {
  let [key, value] = ['', ''];
  for await (const field of reader.fields(range)) {
    if (field.type !== 'bytes') continue;
    if (field.number === ENTRY.key) key = await reader.text(field, NAME_BYTES);
    if (field.number === ENTRY.value) value = (await reader.text(field, NAME_BYTES)).toWellFormed();
  }
  return [key, value];
}

async function readProto(reader: WireReader, range: FileRange): Promise<Proto> {
  const proto: Proto = {
    dims: [],
    dtype: undefined,
    name: '',
    isExternal: false,
    place: new Map(),
    data: [],
  };
  for await (const field of reader.fields(range)) await takeField(reader, proto, field);
  if (proto.dims.length > MOST_DIMENSIONS) throw onnxInvalid(`a tensor has ${proto.dims.length} dimensions`);
  return proto;
}

async function takeField(reader: WireReader, proto: Proto, field: WireField): Promise<void> {
  if (field.type === 'number') {
    if (field.number === FIELD.dims) proto.dims.push(field.value);
    if (field.number === FIELD.dataType) proto.dtype = ONNX_DTYPES.get(Number(field.value));
    if (field.number === FIELD.location) proto.isExternal = field.value === EXTERNAL;
    if (proto.dims.length > MOST_DIMENSIONS) throw onnxInvalid('a tensor has too many dimensions');
    return;
  }
  if (field.number === FIELD.dims) proto.dims.push(...(await reader.varints(field, MOST_DIMENSIONS)));
  if (field.number === FIELD.name) proto.name = (await reader.text(field, NAME_BYTES)).toWellFormed();
  if (field.number === FIELD.external) proto.place.set(...(await entryOf(reader, field)));
  if ((FIXED_WIDTH.has(field.number) || VARINTS.has(field.number)) && proto.data.length < 2)
    proto.data.push({ field: field.number, range: field });
}

function shapeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw onnxInvalid(`a dimension of ${BigInt.asIntN(64, value)}`);
  return Number(value);
}
