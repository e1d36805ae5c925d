import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { sharedData } from '../testkit/shared-data.ts';

async function parse(bytes: Uint8Array): Promise<string> {
  const source = memoryByteSource(bytes);
  const { format, tensors } = await (await detectFormat(source)).parse(source);
  return `${format} with ${tensors.length} tensors`;
}

test('what is malformed is refused, and named', async () => {
  const answers: Record<string, string> = {};
  const folder = sharedData('malformed');
  for (const file of globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .sort())
    answers[file.slice(folder.length + 1)] = await parse(readFileSync(file)).catch(
      error => `${error.code}: ${error.message}`,
    );
  expect(answers).toMatchInlineSnapshot(`
    {
      "bad_pytorch.pt": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 89504e470d0a1a0a",
      "broken.pt": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the text "abc"",
      "broken_model.pkl": "PICKLE_DANGEROUS: the pickle would call builtins.exec when Python loads it",
      "corrupted.onnx": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the text "This is not a valid ONNX file. It contai"",
      "for-tests-ggml-parakeet-tdt-bad-nfft0.bin": "FORMAT_UNKNOWN: not a model file that mgit reads: it is a GGML file, of the kind before GGUF",
      "lfs-pointers/mnist-8.onnx": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00000-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00001-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "lfs-pointers/model-00002-of-00002.safetensors": "MODEL_IS_POINTER: the file is a Git LFS pointer, not the model itself",
      "modelaudit-stubs/keras_model.keras": "FORMAT_UNKNOWN: not a model file that mgit reads: it is an HDF5 file (Keras)",
      "modelaudit-stubs/llama_model.gguf": "gguf with 0 tensors",
      "modelaudit-stubs/pytorch_model.pt": "pickle with 0 tensors",
      "modelaudit-stubs/simple_model.onnx": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 0807120022060a0408011200",
      "not_a_pickle.bin": "FORMAT_UNKNOWN: not a model file that mgit reads: it begins with the bytes 636d6f640af80a",
      "safetensors_abuse_attempt_1.safetensors": "SAFETENSORS_TRUNCATED: the header claims 1000 bytes, but the file has 88",
    }
  `);
});
