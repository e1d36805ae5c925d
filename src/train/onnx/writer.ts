import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, ElementType, Graph, GraphConstant, GraphNode, Value } from '../graph/value.ts';

/** Versions written into every model. Opset 18 is the first in which all reductions take their axes as an input. */
export const ONNX_IR_VERSION = 8;
export const ONNX_OPSET = 18;

/** TensorProto.DataType. Source: onnx.proto. */
export const ONNX_TYPE: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7, bool: 9 };

/** AttributeProto.AttributeType. Source: onnx.proto. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;

/** The bytes of an ONNX model file. Source: onnx.proto, ModelProto. */
export function encodeOnnxModel(graph: Graph): Uint8Array {
  const model = new BinaryWriter();
  model.tag(1, WireType.Varint).int64(ONNX_IR_VERSION);
  model.tag(2, WireType.LengthDelimited).string('mgit');
  message(model, 7, writer => writeGraph(writer, graph));
  message(model, 8, writer => writer.tag(2, WireType.Varint).int64(ONNX_OPSET));
  return model.finish();
}

function writeGraph(writer: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, inner => writeNode(inner, node));
  writer.tag(2, WireType.LengthDelimited).string('graph');
  for (const constant of graph.constants) message(writer, 5, inner => writeTensor(inner, constant));
  for (const input of graph.inputs) message(writer, 11, inner => writeValueInfo(inner, input));
  for (const output of graph.outputs) message(writer, 12, inner => writeValueInfo(inner, output));
}

function writeNode(writer: BinaryWriter, node: GraphNode): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input.name);
  writer.tag(2, WireType.LengthDelimited).string(node.output.name);
  writer.tag(3, WireType.LengthDelimited).string(node.output.name);
  writer.tag(4, WireType.LengthDelimited).string(node.op);
  for (const [name, attribute] of Object.entries(node.attributes))
    message(writer, 5, inner => writeAttribute(inner, name, attribute));
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  if (attribute.kind === 'float') writer.tag(2, WireType.Bit32).float(attribute.value);
  if (attribute.kind === 'int') writer.tag(3, WireType.Varint).int64(attribute.value);
  if (attribute.kind === 'ints')
    for (const value of attribute.value) writer.tag(8, WireType.Varint).int64(value);
  writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(writer: BinaryWriter, { value, data }: GraphConstant): void {
  for (const dimension of value.shape) writer.tag(1, WireType.Varint).int64(dimension);
  writer.tag(2, WireType.Varint).int32(ONNX_TYPE[value.type]);
  writer.tag(8, WireType.LengthDelimited).string(value.name);
  writer.tag(9, WireType.LengthDelimited).bytes(rawData(value.type, data));
}

/** Little-endian, fixed width, as `raw_data` wants it on every machine. */
function rawData(type: ElementType, data: readonly number[]): Uint8Array {
  const width = { float32: 4, int64: 8, bool: 1 }[type];
  const view = new DataView(new ArrayBuffer(data.length * width));
  data.forEach((number, index) => {
    if (type === 'float32') view.setFloat32(index * 4, number, true);
    else if (type === 'int64') view.setBigInt64(index * 8, BigInt(number), true);
    else view.setUint8(index, number);
  });
  return new Uint8Array(view.buffer);
}

function writeValueInfo(writer: BinaryWriter, value: Value): void {
  writer.tag(1, WireType.LengthDelimited).string(value.name);
  message(writer, 2, type => message(type, 1, tensor => writeTensorType(tensor, value)));
}

function writeTensorType(writer: BinaryWriter, value: Value): void {
  writer.tag(1, WireType.Varint).int32(ONNX_TYPE[value.type]);
  message(writer, 2, shape => {
    for (const size of value.shape) message(shape, 1, inner => inner.tag(1, WireType.Varint).int64(size));
  });
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
