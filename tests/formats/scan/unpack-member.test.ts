import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { unpackMember } from '../../../src/formats/scan/unpack-member.ts';
import { readArchive } from '../../../src/formats/zip/read-archive.ts';
import { zipFile } from '../../testkit/zip-file.ts';

const data = Buffer.alloc(100, 'a');

/** An archive of files of 100 bytes, by name. */
async function archiveOf(...names: string[]) {
  const member = {
    data: deflateRawSync(data),
    method: 8,
    unpackedLength: data.length,
    checksum: crc32(data),
  };
  const source = memoryByteSource(zipFile(names.map(name => ({ ...member, name }))));
  const files = await readArchive(source);
  return { source, fileOf: (name: string) => files.get(name) ?? expect.fail(name) };
}

test('all members together unpack to no more than the budget', async () => {
  const { source, fileOf } = await archiveOf('a', 'b', 'c');
  const budget = { member: 100, all: 150 };
  const unpack = async (name: string) => {
    const member = await unpackMember(source, fileOf(name), { budget, isWanted: () => true });
    return [member?.source.size, member?.isCut];
  };
  expect([await unpack('a'), await unpack('b')]).toEqual([
    [100, false],
    [50, true],
  ]);
  await expect(unpack('c')).rejects.toMatchObject({ code: 'SCAN_INCOMPLETE' });
});

test('a member is cut at its own bound, and not unpacked where its beginning is not wanted', async () => {
  const { source, fileOf } = await archiveOf('a');
  const budget = { member: 60, all: 1000 };
  const member = await unpackMember(source, fileOf('a'), { budget, isWanted: head => head[0] === 0x61 });
  expect([member?.source.size, member?.isCut]).toEqual([60, true]);
  expect(await unpackMember(source, fileOf('a'), { budget, isWanted: () => false })).toBeUndefined();
});
