import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkRepository } from '../../../src/ops/maintenance/fsck.ts';
import { repackRepository } from '../../../src/ops/maintenance/repack.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { weightTensor, writeAdapter } from '../../testkit/adapter.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { modelRepository } from '../../testkit/model-repository.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { scene } from '../../testkit/scene.ts';
import { type FileTensor, weights } from '../../testkit/stores.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const COUNT = 1_500_000;
const BASE = weights(COUNT);

/** Rounds to BF16: the upper half of each F32. */
function bf16(values: Float32Array): FileTensor {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const data = new Uint8Array(Uint16Array.from(bits, word => (word + 0x8000) >>> 16).buffer);
  return { name: 'w', dtype: 'BF16', shape: [values.length], data };
}

function tuned(sigma: number): FileTensor {
  const delta = weights(COUNT, 7, sigma);
  return bf16(BASE.map((value, at) => value + (delta[at] ?? 0)));
}

test('bases and fine-tunes take what they should, and every commit is as before', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const base = await repository.commitModel('main', [bf16(BASE)]);
  const commits = [base];
  for (const sigma of [1e-4, 1e-5])
    commits.push(await repository.commitModel(`s${sigma}`, [tuned(sigma)], [base]));
  const before = await Promise.all(commits.map(commit => repository.modelBytes(commit)));
  expect(await repackRepository(repository)).toMatchObject({ recoded: 3 });
  const share = async (tensor: FileTensor): Promise<number> =>
    ((await repository.store.describe(digestOf(tensor.data)))?.storedLength ?? 0) / tensor.data.length;
  expect(await share(bf16(BASE))).toBeLessThanOrEqual(0.69);
  expect(await share(tuned(1e-4))).toBeLessThanOrEqual(0.3);
  expect(await share(tuned(1e-5))).toBeLessThanOrEqual(0.15);
  expect(await repository.store.listPacks()).toHaveLength(1);
  expect((await checkRepository(repository)).problems).toEqual([]);
  expect(await Promise.all(commits.map(commit => repository.modelBytes(commit)))).toEqual(before);
  expect(await repackRepository(repository)).toMatchObject({ recoded: 0, removed: [] });
});

test('long histories stay shallow, and recipes stay recipes', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  let tip = await repository.commitModel('main', [bf16(BASE.slice(0, 5000))]);
  const first = bf16(BASE.slice(0, 5000));
  const merge = await repository.commitRecipe('merged', [tip], first);
  for (let step = 1; step <= 9; step++) {
    const delta = weights(5000, step, 1e-5 * step);
    const next = bf16(BASE.slice(0, 5000).map((value, at) => value + (delta[at] ?? 0)));
    tip = await repository.commitModel('main', [next], [tip]);
  }
  const before = [await repository.modelBytes(tip), await repository.modelBytes(merge)];
  await repackRepository(repository);
  const recipe = first.data.map(byte => byte + 1);
  expect(await repository.store.describe(digestOf(recipe))).toMatchObject({ kind: 'recipe' });
  expect([await repository.modelBytes(tip), await repository.modelBytes(merge)]).toEqual(before);
  expect((await checkRepository(repository)).problems).toEqual([]);
});

test.each([
  ['LORA', 'lowRank', { r: 4, lora_alpha: 8 }, { lora_A: [4, 256], lora_B: [256, 4] }],
  ['IA3', 'ia3', { feedforward_modules: [] }, { ia3_l: [256, 1] }],
] as const)('a model adapted by %s stays one, with its factors', async (type, kind, settings, shapes) => {
  await using day = await scene();
  await day.mgit('track', '*.safetensors');
  const base = weightTensor('layer.weight', [256, 256], 1);
  await day.write('model.safetensors', safetensorsFile([base]));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Base');
  const suffix = type === 'LORA' ? '.weight' : '';
  const factors = Object.entries(shapes).map(([name, shape], at) =>
    weightTensor(`layer.${name}${suffix}`, shape, 2 + at),
  );
  await writeAdapter(join(day.path, '../adapter'), { peft_type: type, ...settings }, factors);
  await day.mgit('commit', '--adapter', '../adapter');
  const adapted = await day.read('model.safetensors');
  await day.mgit('repack');
  await day.mgit('gc', '--prune=now');
  await using repository = await openRepository(day.ports, day.path);
  const digest = digestOf(adapted.subarray(-256 * 256 * 4));
  expect(await repository.store.describe(digest)).toMatchObject({ kind, storedLength: 1 });
  expect((await checkRepository(repository)).problems).toEqual([]);
  await day.git('rm', '-q', '-f', 'model.safetensors');
  await day.mgit('reset', '--hard');
  expect(await day.read('model.safetensors')).toEqual(adapted);
});
