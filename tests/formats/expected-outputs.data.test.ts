import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/base/ports/node-file-system.ts';
import { openByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { openFileModel } from '../../src/ops/convert/file-model.ts';
import { sharedData } from '../testkit/shared-data.ts';
import { testStore } from '../testkit/stores.ts';

const TYPES: Readonly<Record<string, 'float32' | 'float64' | 'uint8'>> = {
  F32: 'float32',
  F64: 'float64',
  U8: 'uint8',
};

/** The arrays of an npz, as the runtime takes them. */
async function arraysOf(path: string): Promise<ReadonlyMap<string, ort.Tensor>> {
  await using model = await openFileModel(nodeFileSystem(), path);
  const found = new Map<string, ort.Tensor>();
  for (const { name, dtype, shape, bytes } of model.tensors) {
    const data = await buffer(bytes({}));
    const type = TYPES[dtype] ?? 'float32';
    const copy = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
    const elements = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array }[type];
    found.set(name, new ort.Tensor(type, new elements(copy), [...shape]));
  }
  return found;
}

/** The model of a file that mgit has stored and written again, ready to be run. */
async function restoredSession(path: string): Promise<ort.InferenceSession> {
  await using world = await testStore();
  await using source = await openByteSource(nodeFileSystem(), path);
  const { manifest } = await world.store.addFile(source, await (await detectFormat(source)).parse(source));
  const restored = join(world.path, 'restored.onnx');
  await world.store.restoreFile(manifest, restored);
  return await ort.InferenceSession.create(restored, { intraOpNumThreads: 1, logSeverityLevel: 4 });
}

const numbers = ({ data }: ort.Tensor): readonly number[] => [...(data as Float32Array)];

test.each([
  ['byte_sb_bidi_lstm/model.onnx', 'Add_26'],
  ['deconv_group/model.onnx', 'output'],
  ['keras-tract-tf2/example.onnx', 'output'],
  ['lgbm_regressor_tensor/model.onnx', 'output'],
  ['qlstm_3-2-3_T3_S1/model.onnx', 'output'],
  ['xgboost_classifier_tree/model.onnx', 'probabilities'],
])('%s, restored, gives the outputs that are published with it', async (file, output) => {
  const path = sharedData('models', 'onnx-small', 'tract', ...file.split('/'));
  const arrays = await arraysOf(join(dirname(path), 'io.npz'));
  const [input, expected] = [arrays.get('input'), arrays.get(output)];
  if (!input || !expected) throw new Error(`${file} has no input, or no ${output}`);
  const session = await restoredSession(path);
  const outputs = await session.run({ [session.inputNames[0] ?? '']: input });
  expectClose(outputs[output] ?? Object.values(outputs)[0], numbers(expected));
});

/** The elements at the end of a `TensorProto` of float32, where its `raw_data` is in these files. */
function elementsOfProto(path: string, count: number): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(new Uint8Array(bytes.subarray(bytes.length - 4 * count)).buffer);
}

/** `test_Linear` is left out: the runtime no longer has the `Gemm` of its version. */
test.each(['Conv1d', 'Conv2d_depthwise_with_multiplier', 'ConvTranspose2d'])(
  "ONNX's own test of %s, restored, gives the output that is published with it",
  async name => {
    const folder = sharedData('models', 'onnx-small', 'onnx', `test_${name}`);
    const session = await restoredSession(join(folder, 'model.onnx'));
    const [about] = session.inputMetadata;
    const shape = about?.isTensor ? about.shape.map(Number) : [];
    const count = shape.reduce((product, size) => product * size, 1);
    const input = new ort.Tensor(
      elementsOfProto(join(folder, 'test_data_set_0', 'input_0.pb'), count),
      shape,
    );
    const [output] = Object.values(await session.run({ [session.inputNames[0] ?? '']: input }));
    const expected = elementsOfProto(join(folder, 'test_data_set_0', 'output_0.pb'), output?.size ?? 0);
    expectClose(output, [...expected]);
  },
);

function expectClose(output: ort.Tensor | undefined, expected: readonly number[]): void {
  const actual = output ? numbers(output) : [];
  expect(actual.length).toBe(expected.length);
  for (const [at, value] of expected.entries()) expect(actual[at]).toBeCloseTo(value, 4);
}

/** The elements of a file of float32, row-major. */
async function floats(...path: string[]): Promise<Float32Array> {
  const [first] = (await arraysOf(sharedData('models', ...path))).values();
  return first?.data as Float32Array;
}

test('the weights of a linear layer, read as arrays, give the output that is published with them', async () => {
  const read = (name: string): Promise<Float32Array> => floats('tch-rs', 'linear', `${name}.npy`);
  const [weight, bias, input, output] = [
    await read('ws'),
    await read('bs'),
    await read('in'),
    await read('out'),
  ];
  const width = weight.length / bias.length;
  for (const [at, expected] of output.entries()) {
    const [row, unit] = [Math.floor(at / bias.length), at % bias.length];
    let sum = bias[unit] ?? Number.NaN;
    for (let i = 0; i < width; i++)
      sum += (weight[unit * width + i] ?? Number.NaN) * (input[row * width + i] ?? Number.NaN);
    expect(sum).toBeCloseTo(expected, 5);
  }
});

test('the filters of whisper are the same numbers in a compressed npz and in safetensors', async () => {
  const arrays = await arraysOf(sharedData('models', 'candle', 'whisper_mel_filters.npz'));
  expect([...arrays].map(([name, { dims }]) => [name, dims])).toEqual([
    ['mel_80', [80, 201]],
    ['mel_128', [128, 201]],
  ]);
  const filters = await floats('candle', 'mel_filters.safetensors');
  const first = arrays.get('mel_80')?.data as Float32Array;
  expect(filters.length).toBe(first.length);
  expect(first.every((value, at) => value === filters[at])).toBe(true); // One has zeros with a sign.
});
