import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { f32, rawSafetensorsFile, safetensorsFile } from '../testkit/safetensors-file.ts';
import { sharedData } from '../testkit/shared-data.ts';

const detect = (bytes: Uint8Array | string) => detectFormat(memoryByteSource(Buffer.from(bytes as string)));

test('a safetensors file is recognised, also a broken one', async () => {
  const good = safetensorsFile([{ name: 'a', dtype: 'F32', shape: [1], data: f32(1) }]);
  for (const bytes of [good, rawSafetensorsFile('{"broken'), good.subarray(0, 20)])
    expect((await detect(bytes)).name).toBe('safetensors');
});

test('everything else is refused, and named', async () => {
  const answers: Record<string, string> = {};
  const folder = sharedData('malformed');
  for (const file of globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .sort())
    answers[file.slice(folder.length + 1)] = await detect(readFileSync(file)).then(
      format => format.name,
      error => `${error.code}: ${error.message}`,
    );
  expect(answers).toMatchInlineSnapshot(`
    {
      "bad_pytorch.pt": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 89504e470d0a1a0a",
      "broken.pt": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the text "abc"",
      "broken_model.pkl": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the text "cbuiltins\\nexec\\n(X>\\nf = open('my_file.txt"",
      "corrupted.onnx": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the text "This is not a valid ONNX file. It contai"",
      "for-tests-ggml-parakeet-tdt-bad-nfft0.bin": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 6c6d67670a000000800c000008000000",
      "lfs-pointers/mnist-8.onnx": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00000-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00001-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00002-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "modelaudit-stubs/keras_model.keras": "FORMAT_UNKNOWN: not a model file that mgit reads: it is an HDF5 file (Keras)",
      "modelaudit-stubs/llama_model.gguf": "FORMAT_UNKNOWN: not a model file that mgit reads: it is a GGUF file",
      "modelaudit-stubs/pytorch_model.pt": "FORMAT_UNKNOWN: not a model file that mgit reads: it is a Python pickle",
      "modelaudit-stubs/simple_model.onnx": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 0807120022060a0408011200",
      "not_a_pickle.bin": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 636d6f640af80a",
      "safetensors_abuse_attempt_1.safetensors": "safetensors",
    }
  `);
});

test.each([
  ['', 'it is empty'],
  ['GGUF\x03\0\0\0', 'it is a GGUF file'],
  ['<!DOCTYPE html>', 'it is a web page'],
  ['{"a": 1}', 'it begins with the text "{\\"a\\": 1}"'],
  ['12345678{', 'it begins with the text "12345678{"'],
  ['\x01\x02', 'it begins with the bytes 0102'],
])('%j is described', async (text, words) => {
  await expect(detect(Buffer.from(text, 'latin1'))).rejects.toThrow(words);
});

test('a pointer in place of a model says how to get the model', async () => {
  await expect(
    detect('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
  ).rejects.toMatchObject({
    code: 'MODEL_IS_POINTER',
    hint: expect.stringContaining('git lfs pull'),
  });
  await expect(detect('/annex/objects/SHA256E-s4--00.safetensors\n')).rejects.toMatchObject({
    hint: expect.stringContaining('git annex get'),
  });
});
