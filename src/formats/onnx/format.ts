import { isMgitError } from '../../base/errors.ts';
import type { ByteSource, CheckpointFormat } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { findTensors } from './find-tensors.ts';
import { encodedTensorOfProto, tensorOfProto } from './tensor-proto.ts';
import { wireReader } from './wire-reader.ts';

/** `ModelProto.ir_version`, the first field that every writer writes, and `ModelProto.graph`. */
const IR_VERSION = 0x08;
const GRAPH = 7;
const NEWEST_IR_VERSION = 64;
const MOST_FIELDS = 10_000;

/** ONNX: initialisers and constants that lie in the file as plain numbers. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
export const onnx: CheckpointFormat = {
  name: 'onnx',
  detect: async (head, source) =>
    head[0] === IR_VERSION && (head[1] ?? 0) > 0 && (head[1] ?? 0) <= NEWEST_IR_VERSION && hasGraph(source),
  parse: async source => {
    const tensors = await findTensors(source, tensorOfProto);
    return { format: 'onnx', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
  encoded: async source => {
    const plain = await findTensors(source, tensorOfProto);
    return findTensors(
      source,
      encodedTensorOfProto,
      plain.map(({ name }) => name),
    );
  },
};

/** There is no signature: a file is a model if it reads as messages to its end, with a graph among them. */
async function hasGraph(source: ByteSource): Promise<boolean> {
  let found = false;
  let count = 0;
  try {
    for await (const field of wireReader(source).fields({ offset: 0, length: source.size })) {
      if (++count > MOST_FIELDS) return false;
      if (field.number === GRAPH && field.type === 'bytes') found = true;
    }
    return found;
  } catch (error) {
    if (isMgitError(error, 'ONNX_INVALID')) return found;
    throw error;
  }
}
