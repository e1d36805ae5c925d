import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { readArchive } from '../../src/formats/zip/read-archive.ts';
import { evaluateRecipe } from '../../src/merge/evaluate-recipe.ts';
import { executeFile } from '../../src/merge/execute.ts';
import { planFile } from '../../src/merge/plan-file.ts';
import type { Manifest } from '../../src/store/manifest/manifest.ts';
import { checkpointFile } from '../testkit/checkpoint-file.ts';
import { deciding } from '../testkit/decide.ts';
import { type MemoryStore, memoryStore } from '../testkit/memory-store.ts';
import { f32 } from '../testkit/safetensors-file.ts';

interface Values {
  readonly both: number;
  readonly theirs: number;
}

/** A model of three vectors: one that nobody changes, one that both sides change, one that only theirs changes. */
async function stored(memory: MemoryStore, format: string, { both, theirs }: Values): Promise<Manifest> {
  const vector = (name: string, value: number) => ({
    name,
    dtype: 'F32' as const,
    shape: [3],
    data: f32(value, 2, 3),
  });
  const bytes = await checkpointFile(format, [
    vector('kept', 1),
    vector('both', both),
    vector('theirs', theirs),
  ]);
  const source = memoryByteSource(bytes);
  return memory.add(bytes, await (await detectFormat(source)).parse(source));
}

test.each(['npz', 'pytorch'])(
  '%s: what a merge writes has the checksums of its files, wherever they stand',
  async format => {
    const memory = memoryStore(evaluateRecipe);
    const base = await stored(memory, format, { both: 1, theirs: 1 });
    const models = [
      await stored(memory, format, { both: 3, theirs: 1 }),
      await stored(memory, format, { both: 5, theirs: 7 }),
    ];
    const plan = planFile({ base, models, decide: deciding({ method: 'linear' }, 2) });
    const { store } = memory;
    const { manifest } = await executeFile(plan, { store, writer: store.writer() });
    const file = Buffer.from(await memory.restore(manifest));
    const source = memoryByteSource(file);
    const files = [...(await readArchive(source)).values()];
    for (const { name, offset, length, checksum, headerOffset } of files) {
      const actual = crc32(file.subarray(offset, offset + length));
      expect([name, checksum, file.readUInt32LE(headerOffset + 14)]).toEqual([name, actual, actual]);
    }
    const values = files.map(({ offset, length }) => file.readFloatLE(Math.max(0, offset + length - 12)));
    expect(values).toEqual(expect.arrayContaining([1, 4, 7]));
  },
);
