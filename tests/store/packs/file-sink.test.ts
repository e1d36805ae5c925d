import { expect, test } from 'vitest';
import { freeMemory } from '../../../src/base/free-memory.ts';
import type { OpenFile } from '../../../src/base/ports/file-system.ts';
import { createFileSink } from '../../../src/store/packs/file-sink.ts';

const MIB = 1024 * 1024;
const SLICE = new Uint8Array(4 * MIB);

/** A file that notes what is done to it, and takes everything. */
function notingFile(sync: () => Promise<void> = async () => {}): {
  readonly file: OpenFile;
  readonly done: string[];
} {
  const done: string[] = [];
  const note = (what: string) => async (): Promise<void> => void done.push(what);
  const file: OpenFile = {
    read: async () => 0,
    write: async (_bytes, position) => void done.push(`write at ${position / MIB}`),
    append: note('append'),
    truncate: async length => void done.push(`truncate to ${length / MIB}`),
    sync: () => {
      done.push('sync');
      return sync();
    },
    stat: () => Promise.reject(new Error('nobody asks')),
    close: note('close'),
  };
  return { file, done };
}

test('what is written goes to the disk on the way, each 16 MiB of it, and in the end', async () => {
  const { file, done } = notingFile();
  const sink = createFileSink(async () => file);
  for (let at = 0; at < 5; at++) await sink.write(SLICE, at * SLICE.length);
  await sink.seal(20 * MIB);
  await sink.close();
  expect(done.filter(what => !what.startsWith('write'))).toEqual(['sync', 'truncate to 20', 'sync', 'close']);
});

test('so does what is freed as soon as it is written', async () => {
  const { file, done } = notingFile();
  const sink = createFileSink(async () => file);
  for (let at = 0; at < 4; at++) {
    const bytes = SLICE.slice();
    await sink.write(bytes, at * bytes.length);
    freeMemory(bytes);
  }
  await sink.seal(16 * MIB);
  await sink.close();
  expect(done.filter(what => what === 'sync')).toHaveLength(2);
});

test('an early sync that fails is told in the end', async () => {
  const broken = [new Error('the disk is gone')];
  const { file } = notingFile(async () => {
    const error = broken.pop();
    if (error) throw error;
  });
  const sink = createFileSink(async () => file);
  for (let at = 0; at < 4; at++) await sink.write(SLICE, at * SLICE.length);
  await expect(sink.seal(16 * MIB)).rejects.toThrow('the disk is gone');
  await sink.close();
});
