import { expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { f32, rawSafetensorsFile, safetensorsFile } from '../testkit/safetensors-file.ts';

const detect = (bytes: Uint8Array | string) => detectFormat(memoryByteSource(Buffer.from(bytes as string)));

test('a safetensors file is recognised, also a broken one', async () => {
  const good = safetensorsFile([{ name: 'a', dtype: 'F32', shape: [1], data: f32(1) }]);
  for (const bytes of [good, rawSafetensorsFile('{"broken'), good.subarray(0, 20)])
    expect((await detect(bytes)).name).toBe('safetensors');
});

test.each([
  ['', 'it is empty'],
  ['\x89HDF\r\n\x1a\n', 'it is an HDF5 file'],
  ['lmgg\x80\x0c\0\0', 'it is a GGML file'],
  ['<!DOCTYPE html>', 'it is a web page'],
  ['{"a": 1}', 'it begins with the text "{\\"a\\": 1}"'],
  ['12345678{', 'it begins with the text "12345678{"'],
  ['\x01\x02', 'it begins with the bytes 0102'],
])('%j is described', async (text, words) => {
  await expect(detect(Buffer.from(text, 'latin1'))).rejects.toThrow(words);
});

test.each([
  ['an HDF5 file', '\x89HDF\r\n\x1a\n', 'mgit import'],
  ['a GGML file', 'lmgg\x80\x0c\0\0', 'convert the model to GGUF'],
])('%s says how its tensors can be taken in', async (_, bytes, hint) => {
  await expect(detect(Buffer.from(bytes, 'latin1'))).rejects.toMatchObject({
    hint: expect.stringContaining(hint),
  });
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
