import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { detectFormat } from '../../../src/formats/registry.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { f32, safetensorsFile } from '../../testkit/safetensors-file.ts';
import { type Scene, scene } from '../../testkit/scene.ts';

async function committed(day: Scene, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await day.mgit('track', '*.safetensors');
  for (const [file, bytes] of Object.entries(files)) await day.write(file, bytes);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'model');
}

async function tensorsOf(day: Scene, file: string): Promise<readonly string[]> {
  const source = memoryByteSource(await day.read(file));
  const { format, tensors } = await (await detectFormat(source)).parse(source);
  return [format, ...tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape}]`)];
}

const BF16 = safetensorsFile([
  { name: 'module.half', dtype: 'BF16', shape: [2], data: Uint8Array.of(0x80, 0x3f, 0, 0x40) },
  { name: 'module.bits', dtype: 'F4', shape: [2], data: Uint8Array.of(0x12) },
  { name: 'module.full', dtype: 'F32', shape: [2], data: f32(1, 2) },
]);

test('the only model of a commit, in the format that the name says', async () => {
  await using day = await scene();
  await committed(day, { 'model.safetensors': picoModel(1) });
  await day.write('model.safetensors', picoModel(2)); // Not what is exported.
  expect(await day.mgit('export', 'HEAD', 'model.npz')).toMatchInlineSnapshot(
    `"model.npz  npz  3 tensors  872 B"`,
  );
  expect(await tensorsOf(day, 'model.npz')).toMatchInlineSnapshot(`
    [
      "npz",
      "fc1.weight F32 [4,3]",
      "fc1.bias F32 [4]",
      "fc2.weight F32 [2,4]",
    ]
  `);
  await day.mgit('export', 'HEAD', 'copy.safetensors');
  expect((await day.read('copy.safetensors')).equals(picoModel(1))).toBe(true);
});

test('some tensors under other names, made wider where that is asked for', async () => {
  await using day = await scene();
  await committed(day, { 'model.safetensors': BF16 });
  const some = ['--tensor', '*.half', '--tensor', '*.full', '--rename', 'module.*=*'];
  expect((await day.attempt('export', 'HEAD', 'x.npz', ...some)).stderr).toMatchInlineSnapshot(`
    "error[EXPORT_IMPOSSIBLE]: not exactly possible as npz: it has no element type for tensor half, which is BF16
    hint: add --widen, which makes such tensors float32 (exactly), or choose another format
    "
  `);
  expect(await day.mgit('export', 'HEAD', 'x.npz', ...some, '--widen')).toMatchInlineSnapshot(
    `"x.npz  npz  2 tensors  522 B  1 made float32"`,
  );
  expect(await tensorsOf(day, 'x.npz')).toMatchInlineSnapshot(`
    [
      "npz",
      "half F32 [2]",
      "full F32 [2]",
    ]
  `);
  const half = Buffer.from(f32(1, 2));
  expect((await day.read('x.npz')).includes(half)).toBe(true);
});

test('what is not possible is refused by name, and leaves no file', async () => {
  await using day = await scene();
  await committed(day, { 'model.safetensors': BF16, 'other.safetensors': picoModel(1) });
  const refused = async (...args: string[]): Promise<string> =>
    (await day.attempt('export', ...args)).stderr.replace(day.path, '<work>');
  expect([
    await refused('HEAD', 'model.pt'),
    await refused('HEAD:model.safetensors', 'model.pt'),
    await refused('HEAD:other.safetensors', 'model.onnx'),
    await refused('HEAD:other.safetensors', 'model.h5'),
    await refused('HEAD:other.safetensors', 'model.xyz'),
    await refused('HEAD:other.safetensors', 'no/such/folder.pt'),
    await refused('HEAD:other.safetensors', 'model.pt', '--tensor', 'nothing'),
    await refused('HEAD:other.safetensors', 'model.pt', '--rename', '*.weight=w'),
    await refused('HEAD:.gitattributes', 'model.pt'),
  ]).toMatchInlineSnapshot(`
    [
      "error[MODEL_AMBIGUOUS]: HEAD holds 2 models: model.safetensors, other.safetensors
    hint: name one: HEAD:model.safetensors
    ",
      "error[EXPORT_IMPOSSIBLE]: not exactly possible as pytorch: it has no element type for tensor module.bits, which is F4
    hint: leave such tensors out with --tensor, or choose another format
    ",
      "error[EXPORT_UNSUPPORTED]: an ONNX file is a graph of operators, which tensors do not tell
    hint: export the weights as safetensors or pytorch, load them into the model, and call torch.onnx.export
    ",
      "error[EXPORT_UNSUPPORTED]: mgit does not write HDF5
    hint: export the weights as npz, and save them with h5py or Keras
    ",
      "error[EXPORT_UNSUPPORTED]: the name model.xyz does not say in which format to write
    hint: give --format with one of safetensors, pytorch, npz, npy, gguf
    ",
      "error[OUTPUT_NOT_WRITABLE]: cannot write <work>/no/such/folder.pt (ENOENT)
    hint: name a file in a directory that exists and that you may write to
    ",
      "error[TENSOR_UNKNOWN]: no tensor of HEAD:other.safetensors is called nothing
    hint: see the names with "mgit show HEAD:<model>"
    ",
      "error[RENAME_COLLISION]: fc1.weight and fc2.weight would both be called w
    hint: choose one with --tensor, or correct --rename
    ",
      "error[NOT_A_MODEL]: there is no model at HEAD:.gitattributes
    ",
    ]
  `);
  expect(await day.git('status', '--porcelain')).toBe('');
});

test('shards become one file', async () => {
  await using day = await scene();
  const shard = (name: string): Uint8Array =>
    safetensorsFile([{ name, dtype: 'F32', shape: [1], data: f32(1) }]);
  const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } };
  await committed(day, {
    'model-1.safetensors': shard('a'),
    'model-2.safetensors': shard('b'),
    'model.safetensors.index.json': JSON.stringify(index),
  });
  await day.mgit('export', 'HEAD:model.safetensors.index.json', 'whole.safetensors');
  expect(await tensorsOf(day, 'whole.safetensors')).toEqual(['safetensors', 'a F32 [1]', 'b F32 [1]']);
});

test('import converts, declares the model, and stages it', async () => {
  await using day = await scene();
  await day.write('download.npz', new Uint8Array());
  await committed(day, { 'first.safetensors': picoModel(3) });
  await day.mgit('export', 'HEAD', 'download.npz');
  await day.mgit('import', 'download.npz', 'models/new[1].bin', '--as', 'pytorch');
  expect(await day.mgit('status', '--porcelain')).toMatchInlineSnapshot(`
    "M  .gitattributes
     M download.npz
    A  models/new[1].bin"
  `);
  expect((await day.attempt('import', 'download.npz', 'models/new[1].bin')).stderr).toMatchInlineSnapshot(`
    "error[DESTINATION_EXISTS]: models/new[1].bin is there already
    hint: choose another name, or use -f
    "
  `);
  await day.mgit('import', 'download.npz', '-f', 'first.safetensors');
  expect((await day.read('first.safetensors')).equals(picoModel(3))).toBe(true);
  expect((await day.attempt('import', 'download.npz', '../outside.pt')).stderr).toContain('PATH_OUTSIDE');
});
