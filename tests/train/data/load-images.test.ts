import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { shuffledBatches } from '../../../src/train/data/batches.ts';
import { itemId } from '../../../src/train/data/image-set.ts';
import { loadImages } from '../../../src/train/data/load-images.ts';
import { idxFile, writeQuarters } from '../../testkit/training.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const load = (home: string, folder: string, more: object = {}) =>
  loadImages(testPorts(home).fs, { path: join(home, folder), split: 'test', ...more });

function write(home: string, path: string, bytes: Uint8Array): void {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), bytes);
}

const record = (label: number): Buffer =>
  Buffer.concat([Buffer.from([label]), Buffer.alloc(3072, label * 10)]);

test('gzip changes neither images nor digest', async () => {
  await using home = await temporaryDirectory();
  writeQuarters(join(home.path, 'plain'), { train: 3, test: 20 });
  for (const name of readdirSync(join(home.path, 'plain')))
    write(home.path, `packed/${name}.gz`, gzipSync(readFileSync(join(home.path, 'plain', name))));
  const [plain, packed] = [await load(home.path, 'plain'), await load(home.path, 'packed')];
  expect(packed).toEqual(plain);
  expect(plain).toMatchObject({ count: 20, shape: [1, 6, 6], split: 'test' });
  expect(await load(home.path, 'plain', { split: 'train' })).toMatchObject({ count: 3 });
});

test('classes and limit select, and ids stay those of the whole', async () => {
  await using home = await temporaryDirectory();
  const labels = [3, 0, 1, 1, 0, 3];
  write(
    home.path,
    'data/t10k-images',
    idxFile(
      [6, 1, 2],
      Uint8Array.from({ length: 12 }, (_, index) => index),
    ),
  );
  write(home.path, 'data/t10k-labels', idxFile([6], Uint8Array.from(labels)));
  const selected = await load(home.path, 'data', { classes: [1, 3], limit: 3 });
  expect([...selected.labels]).toEqual([3, 1, 1]);
  expect([...selected.pixels]).toEqual([0, 1, 4, 5, 6, 7]);
  expect([0, 1, 2].map(index => itemId(selected, index))).toEqual(['test/0', 'test/2', 'test/3']);
  expect(selected.digest).toBe((await load(home.path, 'data')).digest);
  await expect(load(home.path, 'data', { classes: [7] })).rejects.toMatchObject({ code: 'DATA_EMPTY' });
});

test('CIFAR files are joined in the order of their names', async () => {
  await using home = await temporaryDirectory();
  write(home.path, 'data/data_batch_2.bin', Buffer.concat([record(2), record(3)]));
  write(home.path, 'data/data_batch_1.bin.gz', gzipSync(record(1)));
  write(home.path, 'data/test_batch.bin', record(9));
  write(home.path, 'data/readme.html', Buffer.from('<html>'));
  expect([...(await load(home.path, 'data', { split: 'train' })).labels]).toEqual([1, 2, 3]);
  const test = await load(home.path, 'data');
  expect(test).toMatchObject({ count: 1, shape: [3, 32, 32] });
  expect(test.pixels[3071]).toBe(90);
});

test.each([
  [
    'a truncated header',
    idxFile([4, 6, 6], new Uint8Array()).subarray(0, 10),
    idxFile([4], new Uint8Array(4)),
    'ends within',
  ],
  [
    'too few pixels',
    idxFile([4, 6, 6], new Uint8Array(143)),
    idxFile([4], new Uint8Array(4)),
    'needs 144 bytes',
  ],
  [
    'an absurd shape',
    idxFile([4294967295, 65535, 65535], new Uint8Array(4)),
    idxFile([4], new Uint8Array(4)),
    'needs',
  ],
  [
    'labels for other images',
    idxFile([2, 6, 6], new Uint8Array(72)),
    idxFile([3], new Uint8Array(3)),
    '3 labels for 2',
  ],
])('%s is refused', async (_, images, labels, message) => {
  await using home = await temporaryDirectory();
  write(home.path, 'data/images', images);
  write(home.path, 'data/labels', labels);
  await expect(load(home.path, 'data')).rejects.toMatchObject({
    code: 'DATA_CORRUPT',
    message: expect.stringContaining(message),
  });
});

test('labels out of range, cut gzip, and what is no data are refused', async () => {
  await using home = await temporaryDirectory();
  write(home.path, 'label/test.bin', record(10));
  write(home.path, 'cut/test.bin.gz', gzipSync(Buffer.alloc(30730, 1)).subarray(0, 20));
  write(home.path, 'other/test.txt', Buffer.from('hello'));
  await expect(load(home.path, 'label')).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  await expect(load(home.path, 'cut')).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  await expect(load(home.path, 'other')).rejects.toMatchObject({ code: 'DATA_UNKNOWN' });
});

test('batches walk through whole epochs, shuffled by the seed', () => {
  const take = (seed: number): number[] => {
    const batches = shuffledBatches(5, 3, seed);
    return Array.from({ length: 5 }, () => [...(batches.next().value ?? [])]).flat();
  };
  const order = take(1);
  for (const epoch of [order.slice(0, 5), order.slice(5, 10), order.slice(10, 15)])
    expect(epoch.toSorted()).toEqual([0, 1, 2, 3, 4]);
  expect(take(1)).toEqual(order);
  expect(take(2)).not.toEqual(order);
});
