import { expect, test } from 'vitest';
import { decodeFrameChecksums, encodeFrameChecksums } from '../../../src/store/packs/frame-checksums.ts';

const CHECKSUMS = Uint32Array.of(0, 1, 0xffffffff, 0xcbf43926);

test('checksums come back, for a pack of as many frames', () => {
  const file = encodeFrameChecksums(CHECKSUMS);
  expect(decodeFrameChecksums(file, 4)).toEqual(CHECKSUMS);
  expect(decodeFrameChecksums(file, 3)).toBeUndefined();
  expect(decodeFrameChecksums(encodeFrameChecksums(new Uint32Array(0)), 0)).toEqual(new Uint32Array(0));
});

test('any damage leaves nothing', () => {
  const file = encodeFrameChecksums(CHECKSUMS);
  for (let at = 0; at < file.length; at++) {
    const damaged = file.map((byte, place) => (place === at ? byte ^ 1 : byte));
    expect(decodeFrameChecksums(damaged, 4), `byte ${at}`).toBeUndefined();
    expect(decodeFrameChecksums(file.subarray(0, at), 4)).toBeUndefined();
  }
});
