import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { createGraph } from '../../../src/train/graph/builder.ts';
import { convolution } from '../../../src/train/graph/emit/convolution.ts';
import { reshape } from '../../../src/train/graph/emit/layout.ts';
import { encodeOnnxModel } from '../../../src/train/onnx/writer.ts';

/** Fields of a message by number; nested messages stay bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, unknown[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, unknown[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value =
      type === WireType.LengthDelimited
        ? reader.bytes()
        : type === WireType.Bit32
          ? reader.float()
          : Number(reader.int64());
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const nested = (fields: Map<number, unknown[]>, number: number): Map<number, unknown[]>[] =>
  (fields.get(number) ?? []).map(value => fieldsOf(value as Uint8Array));
const words = (fields: Map<number, unknown[]>, number: number): string[] =>
  (fields.get(number) ?? []).map(value => Buffer.from(value as Uint8Array).toString());

test('a model has the fields that onnx.proto gives it', () => {
  const graph = createGraph();
  const images = graph.input('images', [1, 2, 4, 4]);
  const kernels = graph.input('kernels', [3, 2, 3, 3]);
  graph.output(
    reshape(graph, convolution(graph, [images, kernels], { stride: 2, padding: 1 }), [3, 4]),
    'result',
  );
  const model = fieldsOf(encodeOnnxModel(graph.finish()));
  expect(model.get(1)).toEqual([8]);
  expect(nested(model, 8)[0]?.get(2)).toEqual([18]);
  const [main] = nested(model, 7);
  if (!main) throw new Error('no graph');
  expect(nested(main, 1).map(node => words(node, 4)[0])).toEqual(['Conv', 'Reshape', 'Identity']);
  expect(nested(main, 11).map(value => words(value, 1)[0])).toEqual(['images', 'kernels']);
  expect(nested(main, 12).map(value => words(value, 1)[0])).toEqual(['result']);
  const [convolutionNode] = nested(main, 1);
  const attributes = nested(convolutionNode ?? new Map(), 5);
  expect(attributes.map(attribute => [words(attribute, 1)[0], attribute.get(8), attribute.get(20)])).toEqual([
    ['strides', [2, 2], [7]],
    ['pads', [1, 1, 1, 1], [7]],
    ['dilations', [1, 1], [7]],
  ]);
  const [constant] = nested(main, 5);
  expect(constant?.get(1)).toEqual([2]);
  expect(constant?.get(2)).toEqual([7]);
  expect(Buffer.from(constant?.get(9)?.[0] as Uint8Array).toString('hex')).toBe(
    '03000000000000000400000000000000',
  );
});
