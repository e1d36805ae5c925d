import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { type ScanReport, scanFile } from '../../../src/formats/scan/scan.ts';
import { type ZipMember, zipFile } from '../../testkit/zip-file.ts';

const DANGEROUS = Buffer.from('\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.', 'latin1');
const MIB = 1024 * 1024;

const scan = (bytes: Uint8Array): Promise<ScanReport> => scanFile(memoryByteSource(bytes));

const deflated = (name: string, data: Uint8Array): ZipMember => ({
  name,
  data: deflateRawSync(data),
  method: 8,
  unpackedLength: data.length,
  checksum: crc32(data),
});

/** In archives in each other. */
const nested = (data: Uint8Array, depth: number): Uint8Array =>
  depth === 0 ? data : zipFile([deflated('inner', nested(data, depth - 1))]);

/** A pickle of one long text, then a dangerous name. */
function late(length: number): Buffer {
  const head = Buffer.from('\x80\x02X\0\0\0\0', 'latin1');
  head.writeUInt32LE(length, 3);
  return Buffer.concat([head, Buffer.alloc(length, 'a'), DANGEROUS.subarray(2)]);
}

test('what is compressed, and in archives in each other, is found', async () => {
  for (const depth of [1, 2, 4]) {
    const { verdict, names } = await scan(nested(DANGEROUS, depth));
    expect([verdict, names[0]?.name]).toEqual(['dangerous', 'os.system']);
    expect(names[0]?.where).toBe(Array(depth).fill('inner').join('/'));
  }
});

test.each<[string, Uint8Array, string]>([
  ['deeper than is followed', nested(DANGEROUS, 5), 'SCAN_INCOMPLETE'],
  ['compressed as Python can and mgit cannot', zipFile([{ name: 'a', method: 12 }]), 'ZIP_UNSUPPORTED'],
  ['compressed and damaged', zipFile([{ ...deflated('a', DANGEROUS), checksum: 1 }]), 'ZIP_INVALID'],
  ['too large when it is unpacked', zipFile([deflated('a', late(65 * MIB))]), 'PICKLE_TRUNCATED'],
])('what is %s makes no clean file', async (_, bytes, code) => {
  const { verdict, problem } = await scan(bytes);
  expect(verdict).toBe('unknown');
  expect(['FORMAT_UNKNOWN', code]).toContain(problem?.code);
});

test('an archive of numbers is clean, however large its arrays are when they are unpacked', async () => {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (67108864,), }".padEnd(117);
  const array = Buffer.alloc(128 + 64 * MIB);
  array.write(`\x93NUMPY\x01\0v\0${header}\n`, 'latin1');
  expect(await scan(zipFile([deflated('a.npy', array)]))).toMatchObject({ verdict: 'clean', problem: null });
});
