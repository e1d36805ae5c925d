import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { npz } from '../../../src/formats/numpy/npz.ts';
import { npyHeader } from '../../../src/formats/numpy/write-npy-header.ts';
import { type ZipMember, zipFile } from '../../testkit/zip-file.ts';

const member = (name: string, array: Uint8Array, lies: Partial<ZipMember> = {}): ZipMember => ({
  name: `${name}.npy`,
  data: deflateRawSync(array),
  method: 8,
  unpackedLength: array.length,
  checksum: crc32(array),
  ...lies,
});

const arrayOf = (numbers: Float32Array): Buffer =>
  Buffer.concat([npyHeader('F32', [numbers.length]), new Uint8Array(numbers.buffer)]);

async function decoded(file: Uint8Array): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  for (const { name, span } of (await npz.encoded?.(memoryByteSource(file))) ?? []) {
    const parts: Uint8Array[] = [];
    for await (const part of span()) parts.push(part);
    found[name] = Buffer.concat(parts);
  }
  return found;
}

test('compressed arrays are no tensors of the layout, and can be read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.float32Array({ maxLength: 5000 }), async numbers => {
      const file = zipFile([member('w', arrayOf(numbers))]);
      expect((await npz.parse(memoryByteSource(file))).tensors).toEqual([]);
      expect(await decoded(file)).toEqual({ w: Buffer.from(new Uint8Array(numbers.buffer)) });
    }),
    { numRuns: 30 },
  );
});

test('an archive that claims less, more, another checksum or another method is refused, and no more is unpacked than it claims', async () => {
  const array = arrayOf(new Float32Array(100_000));
  const refused = async (lies: Partial<ZipMember>): Promise<string> => {
    const file = zipFile([member('w', array, lies)]);
    return decoded(file).then(
      () => 'read',
      (error: { code: string }) => error.code,
    );
  };
  expect(await refused({})).toBe('read');
  expect(await refused({ unpackedLength: 1000 })).toBe('ZIP_INVALID');
  expect(await refused({ unpackedLength: array.length + 1 })).toBe('NPY_INVALID');
  expect(await refused({ checksum: 1 })).toBe('ZIP_INVALID');
  expect(await refused({ method: 12 })).toBe('ZIP_UNSUPPORTED');
  expect(await refused({ data: deflateRawSync(array).subarray(0, 60) })).toBe('ZIP_INVALID');
  expect(await refused({ data: deflateRawSync(Buffer.concat([array, array])) })).toBe('ZIP_INVALID');
});
