import { expect, test } from 'vitest';
import type { ByteSource } from '../../../src/formats/checkpoint.ts';
import { readArchive } from '../../../src/formats/zip/read-archive.ts';
import { planArchive } from '../../../src/formats/zip/write-archive.ts';

const GIB = 1024 ** 3;

/** A file whose bytes are zero where the plan says nothing. */
function sparseSource(plan: ReturnType<typeof planArchive>): ByteSource {
  const pieces = plan.skeleton([]);
  return {
    size: plan.size,
    read: async (offset, length) => {
      const bytes = Buffer.alloc(length);
      for (const piece of pieces) {
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + length, piece.offset + piece.bytes.length);
        if (from < to) bytes.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
      return bytes;
    },
  };
}

test('files and offsets beyond 4 GiB', async () => {
  const head = Buffer.from('head');
  const members = [
    { name: 'large', head, dataLength: 5 * GIB },
    { name: 'far', head, dataLength: 7 },
    { name: 'both', head, dataLength: 4 * GIB },
  ];
  const plan = planArchive(members);
  const files = await readArchive(sparseSource(plan));
  expect([...files.values()].map(({ name, length }) => [name, length])).toEqual(
    members.map(({ name, dataLength }) => [name, dataLength + 4]),
  );
  expect([...files.values()].map(({ offset }) => offset + 4)).toEqual(plan.dataOffsets);
  expect([...files.values()].every(({ offset }) => offset % 64 === 0)).toBe(true);
});

test('more files than 16 bits count', async () => {
  const members = Array.from({ length: 70_000 }, (_, i) => ({
    name: String(i),
    head: new Uint8Array(),
    dataLength: 0,
  }));
  const plan = planArchive(members);
  const file = Buffer.alloc(plan.size);
  for (const { offset, bytes } of plan.skeleton([])) file.set(bytes, offset);
  const source = {
    size: plan.size,
    read: async (at: number, length: number) => file.subarray(at, at + length),
  };
  expect((await readArchive(source)).size).toBe(members.length);
});
