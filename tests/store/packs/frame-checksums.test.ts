import { createCipheriv } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  decodeFrameChecksums,
  encodeFrameChecksums,
  frameChecksum,
} from '../../../src/store/packs/frame-checksums.ts';
import { noise } from '../../testkit/stores.ts';

const CHECKSUMS = BigUint64Array.of(0n, 1n, 2n ** 64n - 1n, 0x0123456789abcdefn);

test('checksums come back, for a pack of as many frames', () => {
  const file = encodeFrameChecksums(CHECKSUMS);
  expect(decodeFrameChecksums(file, 4)).toEqual(CHECKSUMS);
  expect(decodeFrameChecksums(file, 3)).toBeUndefined();
  expect(decodeFrameChecksums(encodeFrameChecksums(new BigUint64Array(0)), 0)).toEqual(new BigUint64Array(0));
});

test('any damage leaves nothing', () => {
  const file = encodeFrameChecksums(CHECKSUMS);
  for (let at = 0; at < file.length; at++) {
    const damaged = file.map((byte, place) => (place === at ? byte ^ 1 : byte));
    expect(decodeFrameChecksums(damaged, 4), `byte ${at}`).toBeUndefined();
    expect(decodeFrameChecksums(file.subarray(0, at), 4)).toBeUndefined();
  }
});

test('a checksum is the beginning of a GMAC, and no bit may flip', () => {
  // Test case 1 of the GCM specification (McGrew and Viega): tag 58e2fccefa7e3061367f1d57a4e7455a.
  expect(frameChecksum(new Uint8Array())).toBe(Buffer.from('58e2fccefa7e3061', 'hex').readBigUInt64LE());
  const bytes = noise(1000);
  const checksum = frameChecksum(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(frameChecksum(bytes), `bit ${bit}`).not.toBe(checksum);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  expect(frameChecksum(bytes)).toBe(checksum);
});

test('a frame is also handed on part after part, and its checksum is that of the whole', () => {
  const bytes = noise(3 * 256 * 1024 + 5);
  const parts: Uint8Array[] = [];
  const whole = createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12)).setAAD(bytes);
  whole.final();
  expect(frameChecksum(bytes, part => void parts.push(part))).toBe(whole.getAuthTag().readBigUInt64LE());
  expect(parts.length).toBeGreaterThan(1);
  expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
});
