import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { pytorchZip } from '../../../src/formats/pytorch/zip.ts';
import { readArchive } from '../../../src/formats/zip/read-archive.ts';
import { checkpointFile } from '../../testkit/checkpoint-file.ts';
import { f32 } from '../../testkit/safetensors-file.ts';
import { type ZipMember, zipFile } from '../../testkit/zip-file.ts';

const DATA = f32(1, 2, 3);

/** A checkpoint of PyTorch in which the files that `packed` says are compressed, as `zip` would leave it. */
async function zippedAgain(
  packed: (name: string) => boolean,
  lies: Partial<ZipMember> = {},
): Promise<Buffer> {
  const file = await checkpointFile('pytorch', [{ name: 'w', dtype: 'F32', shape: [3], data: DATA }]);
  const members: ZipMember[] = [];
  for (const { name, offset, length } of (await readArchive(memoryByteSource(file))).values()) {
    const data = file.subarray(offset, offset + length);
    members.push(packed(name) ? { ...compressed(name, data), ...lies } : { name, data });
  }
  return zipFile(members);
}

function compressed(name: string, data: Uint8Array): ZipMember {
  const packing = { data: deflateRawSync(data), method: 8, unpackedLength: data.length };
  return { name, ...packing, checksum: crc32(data) };
}

test('a compressed pickle is read: its tensors on stored files are tensors', async () => {
  const file = await zippedAgain(name => !name.includes('/data/'));
  const { tensors } = await pytorchZip.parse(memoryByteSource(file));
  expect(tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([['w', 'F32', [3]]]);
  const offset = [...tensors][0]?.offset ?? 0;
  expect(file.subarray(offset, offset + DATA.length).equals(DATA)).toBe(true);
});

test('where everything is compressed, tensors are decoded', async () => {
  const source = memoryByteSource(await zippedAgain(() => true));
  expect((await pytorchZip.parse(source)).tensors).toEqual([]);
  const [tensor, ...others] = (await pytorchZip.encoded?.(source)) ?? [];
  expect(others).toEqual([]);
  expect(tensor?.name).toBe('w');
  expect((await buffer(tensor?.span() ?? Readable.from([]))).equals(DATA)).toBe(true);
});

test.each([
  ['unpacks to more than it claims', { unpackedLength: 8 }, 'ZIP_INVALID'],
  ['claims more than a pickle may have', { unpackedLength: 65 * 1024 * 1024 }, 'PYTORCH_INVALID'],
  ['has another checksum', { checksum: 1 }, 'ZIP_INVALID'],
  ['is compressed by another method', { method: 12 }, 'ZIP_UNSUPPORTED'],
])('a pickle that %s is refused', async (_, lies, code) => {
  const file = await zippedAgain(name => name.endsWith('data.pkl'), lies);
  await expect(pytorchZip.parse(memoryByteSource(file))).rejects.toMatchObject({ code });
});

test('a compressed pickle that would call something is refused by its name', async () => {
  const pickle = Buffer.from('\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.', 'latin1');
  const file = zipFile([compressed('model/data.pkl', pickle)]);
  await expect(pytorchZip.parse(memoryByteSource(file))).rejects.toMatchObject({
    code: 'PICKLE_DANGEROUS',
    message: expect.stringContaining('os.system'),
  });
});
