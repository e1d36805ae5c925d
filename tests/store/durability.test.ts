import { basename, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { FileSystem, OpenFile } from '../../src/base/ports/file-system.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { bytesOf, modelFile, noise, testStore, weights } from '../testkit/stores.ts';
import { temporaryDirectory, testPorts } from '../testkit/world.ts';

const file = modelFile([{ name: 'weight', dtype: 'U8', shape: [100], data: noise(100) }]);

/** Ports that note what is written, made durable and renamed, and can fail at one of these steps. */
function recordingPorts(home: string, failAt?: string): { readonly ports: Ports; readonly log: string[] } {
  const ports = testPorts(home);
  const log: string[] = [];
  const nameOf = (path: string): string => relative(home, path).replaceAll(/[0-9a-f]{16,}/g, '#');
  const note = (step: string, path: string): void => {
    const line = `${step} ${nameOf(path)}`;
    if (line === failAt) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    if (log.at(-1) !== line) log.push(line);
  };
  const recordingFile = (opened: OpenFile, path: string): OpenFile => ({
    ...opened,
    write: async (bytes, position) => {
      note('write', path);
      await opened.write(bytes, position);
    },
    sync: async () => {
      note('sync', path);
      await opened.sync();
    },
  });
  const fs: FileSystem = {
    ...ports.fs,
    open: async (path, mode, permissions) =>
      recordingFile(await ports.fs.open(path, mode, permissions), path),
    rename: async (from, to) => {
      note(`rename ${nameOf(from)} to`, to);
      await ports.fs.rename(from, to);
    },
    syncDirectory: async path => {
      note('sync directory', path);
      await ports.fs.syncDirectory(path);
    },
  };
  return { ports: { ...ports, fs }, log };
}

test('a pack is durable before it has a name, and its name before the work is done; a restored file before it replaces another', async () => {
  await using home = await temporaryDirectory();
  const { ports, log } = recordingPorts(home.path);
  await using world = await testStore({ ports, directory: join(home.path, 'mgit') });
  const { manifest } = await world.store.addFile(memoryByteSource(file.bytes), file.layout);
  await world.store.restoreFile(manifest, join(home.path, 'model'));
  expect(log).toMatchInlineSnapshot(`
    [
      "sync directory ",
      "sync directory mgit",
      "write mgit/tmp/#.pack",
      "sync mgit/tmp/#.pack",
      "sync directory mgit",
      "rename mgit/tmp/#.pack to mgit/packs/#.pack",
      "sync directory mgit/packs",
      "write mgit/tmp/#",
      "sync mgit/tmp/#",
      "rename mgit/tmp/# to model",
    ]
  `);
});

test.each(['write mgit/tmp/#.pack', 'sync mgit/tmp/#.pack', 'rename mgit/tmp/#.pack to mgit/packs/#.pack'])(
  'a failure to %s leaves the store as it was',
  async failAt => {
    await using home = await temporaryDirectory();
    const { ports } = recordingPorts(home.path, failAt);
    await using world = await testStore({ ports, directory: join(home.path, 'mgit') });
    await expect(world.store.addFile(memoryByteSource(file.bytes), file.layout)).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    expect(await world.again().listPacks()).toEqual([]);
    expect(await ports.fs.readDirectory(join(home.path, 'mgit', 'tmp'))).toEqual([]);
  },
);

test('a failed restore leaves the file as it was, and nothing beside it', async () => {
  await using home = await temporaryDirectory();
  const { ports } = recordingPorts(home.path);
  await using world = await testStore({ ports, directory: join(home.path, 'mgit') });
  const { manifest } = await world.store.addFile(memoryByteSource(file.bytes), file.layout);
  const [pack] = await world.store.listPacks();
  const packFile = await ports.fs.open(world.store.packPath(pack as NonNullable<typeof pack>), 'update');
  await packFile.write(Uint8Array.of(0xff, 0xfe), 60);
  await packFile.close();
  const target = join(home.path, 'out', 'model');
  await expect(world.store.restoreFile(manifest, target)).rejects.toMatchObject({ code: 'EXTENT_CORRUPT' });
  expect((await ports.fs.readDirectory(join(home.path, 'out'))).map(({ name }) => basename(name))).toEqual(
    [],
  );
});

test('a file that changes meanwhile is refused', async () => {
  await using world = await testStore();
  const source = {
    ...memoryByteSource(file.bytes),
    checkUnchanged: () => Promise.reject(Object.assign(new Error('changed'), { code: 'FILE_CHANGED' })),
  };
  await expect(world.store.addFile(source, file.layout)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  expect(await world.store.listPacks()).toEqual([]);
});

test('a store goes on after many failed restores', async () => {
  await using world = await testStore({ memoryLimit: 1 });
  const values = bytesOf(weights(100_000));
  const model = modelFile([{ name: 'weight', dtype: 'F32', shape: [100_000], data: values }]);
  const { manifest } = await world.store.addFile(memoryByteSource(model.bytes), model.layout);
  const [pack] = await world.store.listPacks();
  const packFile = await world.ports.fs.open(
    world.store.packPath(pack as NonNullable<typeof pack>),
    'update',
  );
  const target = join(world.path, 'model');
  const whole = new Uint8Array(5000);
  await packFile.read(whole, 1000);
  await packFile.write(new Uint8Array(5000), 1000);
  for (let attempt = 0; attempt < 20; attempt++)
    await expect(world.store.restoreFile(manifest, target)).rejects.toMatchObject({ code: 'EXTENT_CORRUPT' });
  await packFile.write(whole, 1000);
  await packFile.close();
  await world.store.restoreFile(manifest, target);
});
