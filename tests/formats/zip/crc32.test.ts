import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineCrc32 } from '../../../src/formats/zip/crc32.ts';

test('the checksum of two runs follows from theirs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      const together = crc32(Buffer.concat([first, second]));
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(together);
    }),
  );
});

test('lengths beyond 32 bits add up', () => {
  const long = 2 ** 40 + 12345;
  const halves = combineCrc32(combineCrc32(0x12345678, 0, 2 ** 40), 0, 12345);
  expect(combineCrc32(0x12345678, 0, long)).toBe(halves);
});
