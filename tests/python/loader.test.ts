import { execFileSync } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../src/base/ids.ts';
import { openRepository } from '../../src/ops/repository.ts';
import { encodeElements, type FloatDtype } from '../testkit/float-elements.ts';
import { pythonProgram, runPython } from '../testkit/python.ts';
import { safetensorsFile } from '../testkit/safetensors-file.ts';
import { type Scene, scene } from '../testkit/scene.ts';
import { bytesOf, weights } from '../testkit/stores.ts';

const [ROWS, COLUMNS] = [64, 96];

/** Merges whose results are recipes: branches, and options of `mgit merge`. `recipes.test.ts` has every method. */
const MERGES = [
  ['arithmetic', '-s', 'task_arithmetic', '-X', 'lambda=0.9'],
  ['difference', '-s', 'add_difference', '-X', 'scale=0.9'],
  ['arc', '-s', 'slerp'],
  ['drawn', '-s', 'dare_ties', '-X', 'density=0.5', '-X', 'seed=7'],
  ['spectral', '-s', 'tsv_m'],
] as const;

/** Every float dtype of merges, and others; `seed` and `scale` say how far from the base. */
function model(scale: number, seed = 1): Uint8Array {
  const base = weights(ROWS * COLUMNS);
  const noise = weights(ROWS * COLUMNS, seed, scale);
  const values = [...base.map((value, at) => value + (noise[at] ?? 0))];
  const floats = (['F32', 'BF16', 'F16', 'F64', 'F8_E4M3'] as const satisfies readonly FloatDtype[]).map(
    dtype => ({
      name: `layer.${dtype}`,
      dtype,
      shape: [ROWS, COLUMNS],
      data: encodeElements(dtype, values),
    }),
  );
  return safetensorsFile([
    ...floats,
    { name: 'ids', dtype: 'I64', shape: [3], data: new Uint8Array(BigInt64Array.of(1n, -2n, 3n).buffer) },
    { name: 'mask', dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
    { name: 'nothing', dtype: 'F32', shape: [0, 4], data: new Uint8Array() },
  ]);
}

/** A fine-tune that changed 1% of the elements. */
function sparse(): Uint8Array {
  const bytes = Buffer.from(model(0));
  for (let at = bytes.length - 20_000; at < bytes.length - 200; at += 400)
    bytes[at] = (bytes[at] ?? 0) ^ 0x11;
  return bytes;
}

/** Records that no everyday command of this test makes: low-rank and IA3, on a base that is stored. */
async function predicted(day: Scene): Promise<readonly Digest[]> {
  await using repository = await openRepository(day.ports, day.path);
  const first = repository.store.writer();
  const data = encodeElements('BF16', [...weights(ROWS * COLUMNS, 9)]);
  const base = await first.addExtent([data], data.length);
  await first.finish();
  const writer = repository.store.writer();
  const factor = (count: number, seed: number) => ({
    bytes: bytesOf(weights(count, seed, 0.1)),
    dtype: 'F32' as const,
  });
  const digests = [
    base,
    await writer.addPredicted({
      type: 'low-rank',
      base,
      dtype: 'BF16',
      rows: ROWS,
      columns: COLUMNS,
      rank: 4,
      scale: 0.3,
      left: { ...factor(ROWS * 4, 5), isTransposed: true },
      right: { ...factor(4 * COLUMNS, 6), isTransposed: false },
    }),
    await writer.addPredicted({ type: 'scaling', base, dtype: 'BF16', vector: factor(COLUMNS, 7), run: 1 }),
  ];
  await writer.finish();
  return digests;
}

test('a second reader, written from the description of the format, reads every kind of record', async () => {
  await using day = await scene();
  const files: Record<string, string> = {};
  const commit = async (message: string, bytes: Uint8Array): Promise<void> => {
    await day.write('model.safetensors', bytes);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', message);
  };
  const keep = async (revision: string): Promise<void> => {
    const copy = join(day.path, '..', `${revision}.safetensors`);
    await copyFile(join(day.path, 'model.safetensors'), copy);
    files[revision] = copy;
  };
  await day.mgit('track', '*.safetensors', '*.pt');
  await day.write('notes/read.me', 'text');
  execFileSync(pythonProgram(), [
    '-c',
    `import torch, sys; t = torch.arange(24.0).reshape(4, 6); q = torch.quantize_per_tensor(t, 0.5, 3, torch.quint8); torch.save({"t": t, "turned": t.T, "part": t[1:3, ::2], "quantised": q, "quantised part": q[1:, 2:4]}, sys.argv[1])`,
    join(day.path, 'views.pt'),
  ]);
  await commit('base', model(0));
  await day.mgit('branch', 'base');
  await keep('base');
  await day.mgit('switch', '-c', 'sparse');
  await commit('sparse', sparse());
  await keep('sparse');
  await day.mgit('switch', '-c', 'tuned', 'base');
  await commit('tuned', model(1e-4, 2));
  await keep('tuned');
  await day.mgit('switch', 'main');
  await commit('ours', model(1e-3, 3));
  await day.mgit('merge', 'tuned', '-m', 'average', '-X', 'weight=0.7,0.4', '-s', 'linear');
  await keep('main');
  for (const [branch, ...options] of MERGES) {
    await day.mgit('switch', '-c', branch, 'main~1');
    await day.mgit('merge', 'tuned', '-m', branch, ...options);
    await keep(branch);
  }
  const expected = join(day.path, '..', 'expected.json');
  await writeFile(expected, JSON.stringify({ files, digests: await predicted(day) }));
  await day.mgit('switch', 'main');
  const program = join(import.meta.dirname, 'check_loader.py');
  expect(Number(runPython(program, day.path, expected).trim())).toBe((4 + MERGES.length) * 8);
});
