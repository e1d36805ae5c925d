import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { summarizePatch } from '../../../src/ops/patch/show.ts';
import { decodeObjects, encodeObjects, type PatchObject } from '../../../src/store/patches/object-section.ts';
import {
  decodePatchHeader,
  encodePatchHeader,
  type PatchHeader,
} from '../../../src/store/patches/patch-header.ts';
import { patchScene } from '../../testkit/patch-scene.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

const fs = nodeFileSystem();

test('objects come back under ids computed from their bytes', async () => {
  const object = fc.record({
    type: fc.constantFrom<PatchObject['type']>('commit', 'blob'),
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 8 }), async objects => {
      const decoded = [...(await decodeObjects(await encodeObjects(objects))).values()];
      const texts = (list: readonly PatchObject[]): string[] =>
        [...new Set(list.map(({ type, bytes }) => `${type} ${Buffer.from(bytes).toString('hex')}`))].sort();
      expect(texts(decoded)).toEqual(texts(objects));
    }),
    { numRuns: 50 },
  );
});

test('any bytes as objects or as a header are refused with a code, or read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
      await expectTotal(() => decodeObjects(bytes));
      await expectTotal(async () => decodePatchHeader(bytes));
    }),
    { numRuns: 200 },
  );
});

test('an object cannot expand beyond its length, nor its length beyond the bound', async () => {
  const [bomb] = [await encodeObjects([{ type: 'blob', bytes: new Uint8Array(1_000_000) }])];
  const shorter = Buffer.from(bomb);
  shorter.writeUInt32LE(10, 4);
  await expect(decodeObjects(shorter)).rejects.toMatchObject({ code: 'PATCH_CORRUPT' });
  shorter.writeUInt32LE(0xffffffff, 4);
  await expect(decodeObjects(shorter)).rejects.toMatchObject({ code: 'PATCH_CORRUPT' });
});

const HEADER = {
  base: '0'.repeat(40),
  kind: { type: 'lossless' },
  commits: [
    {
      id: '1'.repeat(40),
      changes: [{ path: 'a', before: null, after: { id: '2'.repeat(40), mode: 0o100644 } }],
    },
  ],
  models: [{ path: 'a', size: 3, changedTensors: 1, errors: [] }],
} as unknown as PatchHeader;

test('a header has one text', () => {
  expect(decodePatchHeader(encodePatchHeader(HEADER))).toEqual(HEADER);
  const spaced = Buffer.from(JSON.stringify(HEADER, null, 1));
  expect(() => decodePatchHeader(spaced)).toThrow(/not canonical/);
  const deep = Buffer.from('['.repeat(200_000) + ']'.repeat(200_000));
  expect(() => decodePatchHeader(deep)).toThrow(expect.objectContaining({ code: 'PATCH_CORRUPT' }));
  for (const wrong of [{ base: 'x' }, { commits: [] }, { kind: { type: 'other' } }, { more: 1 }])
    expect(() => decodePatchHeader(encodePatchHeader({ ...HEADER, ...wrong } as PatchHeader))).toThrow(
      /not valid/,
    );
});

test('every flipped bit and every cut of a patch file is found', async () => {
  await using day = await patchScene();
  const path = join(day.path, '..', 'p.mpatch');
  await day.mgit('patch', 'create', 'main', '-o', path);
  const whole = await readFile(path);
  await using home = await temporaryDirectory();
  const damaged = join(home.path, 'damaged.mpatch');
  const expectRefused = async (bytes: Uint8Array): Promise<void> => {
    await writeFile(damaged, bytes);
    const error = await summarizePatch(fs, damaged).catch((error: unknown) => error);
    expect(isMgitError(error, 'PATCH_CORRUPT', 'PATCH_UNSUPPORTED')).toBe(true);
  };
  for (let at = 0; at < whole.length; at += Math.max(1, Math.floor(whole.length / 60))) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    await expectRefused(flipped);
    await expectRefused(whole.subarray(0, at));
  }
  await expectRefused(Buffer.concat([whole, Buffer.of(0)]));
});

test('with a right digest, wrong contents are still refused', async () => {
  await using day = await patchScene();
  const path = join(day.path, '..', 'p.mpatch');
  await day.mgit('patch', 'create', 'main', '-o', path);
  const whole = await readFile(path);
  const [header, objects] = [whole.readUInt32LE(12), Number(whole.readBigUInt64LE(16))];
  const resealed = async (change: (bytes: Buffer) => void): Promise<string> => {
    const bytes = Buffer.from(whole);
    change(bytes);
    const end = bytes.length - 32;
    createHash('sha256').update(bytes.subarray(0, end)).digest().copy(bytes, end);
    await writeFile(path, bytes);
    return (await day.other('patch', 'apply', path)).stderr;
  };
  // The second byte of the first object's compressed bytes; a frame of the pack; the version of a file that no change names.
  expect(await resealed(bytes => bytes.writeUInt8(0xff, 32 + header + 13))).toContain('error[PATCH_CORRUPT]');
  const frame = 32 + header + objects + 16 + 10;
  expect(await resealed(bytes => bytes.writeUInt8((bytes[frame] ?? 0) ^ 1, frame))).toMatch(
    /error\[(EXTENT_CORRUPT|PACK_CORRUPT)\]/,
  );
  const id = 32 + bytesBefore(whole, '"id":"');
  expect(await resealed(bytes => bytes.write(bytes[id] === 0x30 ? '1' : '0', id))).toContain(
    'error[PATCH_CORRUPT]',
  );
  expect((await day.other('fsck')).exitCode).toBe(0);
  expect((await day.other('log', '--oneline')).stdout.trim().split('\n')).toHaveLength(1);
});

function bytesBefore(whole: Buffer, text: string): number {
  return whole.indexOf(text) + text.length - 32;
}

async function expectTotal(decode: () => Promise<unknown>): Promise<void> {
  const error = await decode().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error === undefined || isMgitError(error, 'PATCH_CORRUPT')).toBe(true);
}
