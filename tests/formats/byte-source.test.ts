import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/base/ports/node-file-system.ts';
import { memoryByteSource, openByteSource } from '../../src/formats/byte-source.ts';
import { temporaryDirectory } from '../testkit/world.ts';

test('a file gives exactly the bytes asked for, or an error', async () => {
  await using folder = await temporaryDirectory();
  const path = join(folder.path, 'f');
  writeFileSync(path, 'abcdef');
  await using source = await openByteSource(nodeFileSystem(), path);
  expect(source.size).toBe(6);
  expect(Buffer.from(await source.read(2, 3)).toString()).toBe('cde');
  const target = new Uint8Array(2);
  await source.readInto(target, 4);
  expect(Buffer.from(target).toString()).toBe('ef');
  await expect(source.read(5, 2)).rejects.toMatchObject({ code: 'FILE_TRUNCATED' });
});

test('a file that changed since it was opened is noticed', async () => {
  await using folder = await temporaryDirectory();
  const path = join(folder.path, 'f');
  writeFileSync(path, 'abc');
  await using source = await openByteSource(nodeFileSystem(), path);
  await source.checkUnchanged();
  appendFileSync(path, 'd');
  await expect(source.checkUnchanged()).rejects.toMatchObject({ code: 'FILE_CHANGED' });
});

test('a directory is no file', async () => {
  await using folder = await temporaryDirectory();
  await expect(openByteSource(nodeFileSystem(), folder.path)).rejects.toMatchObject({
    code: 'FILE_NOT_REGULAR',
  });
});

test('memory gives exactly the bytes asked for, or an error', async () => {
  const source = memoryByteSource(Buffer.from('abc'));
  expect(Buffer.from(await source.read(1, 2)).toString()).toBe('bc');
  await expect(source.read(2, 2)).rejects.toMatchObject({ code: 'FILE_TRUNCATED' });
});
