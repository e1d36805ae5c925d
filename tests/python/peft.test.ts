import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import { safetensors } from '../../src/formats/safetensors/format.ts';
import { openRepository } from '../../src/ops/repository.ts';
import { byteLength } from '../../src/tensor/dtype.ts';
import { digestOf } from '../testkit/layouts.ts';
import { runPython } from '../testkit/python.ts';
import { type Scene, scene } from '../testkit/scene.ts';

const MODEL = 'model.safetensors';

async function tensorsOf(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = await readFile(path);
  const { tensors } = await safetensors.parse(memoryByteSource(bytes));
  return new Map(
    tensors.map(({ name, dtype, shape, offset }) => [
      name,
      bytes.subarray(offset, offset + byteLength(dtype, shape)),
    ]),
  );
}

function numbersOf(bytes: Buffer | undefined): Float32Array {
  return new Float32Array(Uint8Array.from(bytes ?? []).buffer);
}

/** A repository with PEFT's base model, and the folder that has base, adapter and merged model. */
async function peftScene(name: string): Promise<{ readonly day: Scene; readonly folder: string }> {
  const day = await scene();
  const folder = join(day.path, '../peft');
  runPython(join(import.meta.dirname, 'reference_peft.py'), name, folder);
  await day.mgit('track', '*.safetensors');
  await copyFile(join(folder, 'base', MODEL), join(day.path, MODEL));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Base');
  return { day, folder };
}

test.each([
  ['lora', 'lowRank', 'roberta.encoder.layer.0.attention.self.value.weight'],
  ['rslora-embedding', 'lowRank', 'roberta.encoder.layer.1.attention.self.query.weight'],
  ['conv1d', 'lowRank', 'transformer.h.0.attn.c_attn.weight'],
  ['ia3', 'ia3', 'roberta.encoder.layer.0.attention.self.key.weight'],
] as const)(
  '%s: the adapted model is what PEFT merges, and what PEFT merged is found to be one',
  async (name, kind, tensor) => {
    const { day, folder } = await peftScene(name);
    await using _ = day;
    const base = await tensorsOf(join(day.path, MODEL));
    await day.mgit('commit', '--adapter', join(folder, 'adapter'));
    const ours = await tensorsOf(join(day.path, MODEL));
    const merged = await tensorsOf(join(folder, 'merged', MODEL));
    expect([...ours.keys()].sort()).toEqual([...merged.keys()].sort());
    expect(ours.get(tensor)?.equals(base.get(tensor) ?? Buffer.of())).toBe(false);
    for (const [key, bytes] of merged) {
      const [mine, theirs] = [numbersOf(ours.get(key)), numbersOf(bytes)];
      expect(mine.length, key).toBe(theirs.length);
      const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const off = theirs.reduce((most, value, at) => Math.max(most, Math.abs(value - (mine[at] ?? 0))), 0);
      expect(off, key).toBeLessThanOrEqual(largest * 2 ** -21);
    }
    await day.mgit('switch', '-c', 'merged', 'HEAD~1');
    await copyFile(join(folder, 'merged', MODEL), join(day.path, MODEL));
    await day.mgit('commit', '-a', '-m', 'Merged by PEFT');
    await using repository = await openRepository(day.ports, day.path);
    const digest = digestOf(merged.get(tensor) ?? Buffer.of());
    expect(await repository.store.describe(digest)).toMatchObject({ kind });
  },
);
