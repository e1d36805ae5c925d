import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { readArchive } from '../../../src/formats/zip/read-archive.ts';
import { type ZipMember, zipFile } from '../../testkit/zip-file.ts';

const read = (bytes: Uint8Array) => readArchive(memoryByteSource(bytes));
const data = Buffer.from('abcd');

test('files are found where they lie', async () => {
  const bytes = zipFile([
    { name: 'a', data },
    { name: 'folder/b', data: Buffer.from('xyz') },
  ]);
  const files = await read(bytes);
  const found = [...files.values()].map(({ name, offset, length }) => [
    name,
    bytes.toString('utf8', offset, offset + length),
  ]);
  expect(found).toEqual([
    ['a', 'abcd'],
    ['folder/b', 'xyz'],
  ]);
});

test.each<[string, readonly ZipMember[], string]>([
  ['two files of one name', [{ name: 'a' }, { name: 'a' }], 'ZIP_INVALID'],
  ['a name that leads out', [{ name: '../a' }], 'ZIP_INVALID'],
  ['a name that leads out on Windows', [{ name: 'a\\..\\b' }], 'ZIP_INVALID'],
  ['an absolute name', [{ name: '/etc/passwd' }], 'ZIP_INVALID'],
  ['a drive', [{ name: 'C:a' }], 'ZIP_INVALID'],
  ['another name in the local header', [{ name: 'a', localName: 'b' }], 'ZIP_INVALID'],
  ['another method in the local header', [{ name: 'a', localMethod: 8 }], 'ZIP_INVALID'],
  ['an encrypted file', [{ name: 'a', flags: 1 }], 'ZIP_ENCRYPTED'],
  ['a header outside the file', [{ name: 'a', headerOffset: 0xfffffff0 }], 'ZIP_INVALID'],
  ['data that reaches into the directory', [{ name: 'a', data, length: 40 }], 'ZIP_INVALID'],
  [
    'files that overlap',
    [
      { name: 'a', data, length: 20 },
      { name: 'b', data },
    ],
    'ZIP_INVALID',
  ],
])('%s is refused', async (_, members, code) => {
  await expect(read(zipFile(members))).rejects.toMatchObject({ code });
});

test('a directory that claims more files than it has is refused', async () => {
  await expect(read(zipFile([{ name: 'a' }], { count: 60_000 }))).rejects.toMatchObject({
    code: 'ZIP_INVALID',
  });
});

test('a file that was cut off or damaged anywhere gives a coded error or the files, never anything else', async () => {
  const whole = zipFile([
    { name: 'a', data },
    { name: 'b', data },
  ]);
  for (let length = 0; length < whole.length; length++)
    await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'ZIP_INVALID' });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const result = await read(bytes).catch((error: unknown) => error);
      expect(result instanceof Map || isMgitError(result)).toBe(true);
    }),
  );
});
