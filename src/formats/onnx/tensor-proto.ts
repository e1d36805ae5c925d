import { byteLength, type Dtype } from '../../tensor/dtype.ts';
import type { TensorView } from '../checkpoint.ts';
import { ONNX_DTYPES } from './data-types.ts';
import { type FileRange, onnxInvalid, type WireField, type WireReader } from './wire-reader.ts';

/** Field numbers of `TensorProto`. Source: `onnx.proto`. */
const FIELD = { dims: 1, dataType: 2, floats: 4, name: 8, raw: 9, doubles: 10, location: 14 } as const;
/** Fields whose packed elements lie in the file as raw data would: little-endian numbers of a fixed width. */
const FIXED_WIDTH: ReadonlyMap<number, readonly Dtype[]> = new Map<number, readonly Dtype[]>([
  [FIELD.raw, [...ONNX_DTYPES.values()]],
  [FIELD.floats, ['F32', 'C64']],
  [FIELD.doubles, ['F64', 'C128']],
]);
const EXTERNAL = 1n;
const MOST_DIMENSIONS = 64;
const NAME_BYTES = 64 * 1024;

interface Proto {
  readonly dims: bigint[];
  dtype: Dtype | undefined;
  name: string;
  isExternal: boolean;
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

async function readProto(reader: WireReader, range: FileRange): Promise<Proto> {
  const proto: Proto = { dims: [], dtype: undefined, name: '', isExternal: false, data: [] };
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
  if (FIXED_WIDTH.has(field.number) && proto.data.length < 2)
    proto.data.push({ field: field.number, range: field });
}

function shapeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw onnxInvalid(`a dimension of ${BigInt.asIntN(64, value)}`);
  return Number(value);
}
