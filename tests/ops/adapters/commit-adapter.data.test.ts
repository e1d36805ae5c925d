import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { scene } from '../../testkit/scene.ts';
import { sharedData } from '../../testkit/shared-data.ts';
import { bytesOf, weights } from '../../testkit/stores.ts';

test('a real LoRA adapter is committed for its size', async () => {
  const folder = sharedData('models', 'peft-lora-mrpc', 'checkpoint-460');
  const numbers = weights(768 * 768 + 24, 1);
  const names = ['query', 'value'].flatMap(name =>
    Array.from({ length: 12 }, (_, at) => `${at}.attention.self.${name}`),
  );
  const base = names.map((name, at) => ({
    name: `roberta.encoder.layer.${name}.weight`,
    dtype: 'F32' as const,
    shape: [768, 768],
    data: bytesOf(numbers.subarray(at, at + 768 * 768)),
  }));
  await using day = await scene();
  await day.mgit('track', '*.safetensors');
  await day.write('model.safetensors', safetensorsFile(base, { format: 'pt' }));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Base');
  const packs = join(day.path, '.git/mgit/packs');
  const before = new Set(await readdir(packs));
  await day.mgit('commit', '--adapter', folder);
  let stored = 0;
  for (const name of await readdir(packs))
    if (!before.has(name)) stored += (await stat(join(packs, name))).size;
  const { size } = await stat(join(folder, 'adapter_model.safetensors'));
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThanOrEqual(1.05 * size);
  await day.mgit('fsck');
});

test('a real LoRA adapter, trained for another epoch, is followed tensor by tensor', async () => {
  await using day = await scene();
  await day.mgit('track', '*.safetensors');
  for (const step of [230, 460]) {
    const folder = sharedData('models', 'peft-lora-mrpc', `checkpoint-${step}`);
    const { log_history } = JSON.parse(await readFile(join(folder, 'trainer_state.json'), 'utf8'));
    const accuracies = log_history.flatMap((entry: { eval_accuracy?: number }) => entry.eval_accuracy ?? []);
    await day.write('adapter_model.safetensors', await readFile(join(folder, 'adapter_model.safetensors')));
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', `accuracy ${accuracies.at(-1).toFixed(3)}`);
  }
  const { files } = JSON.parse(await day.mgit('diff', 'HEAD~1', 'HEAD', '--json'));
  const { tensors, unchanged } = files[0].model;
  const kinds: Record<string, number> = {};
  for (const { name, kind } of tensors) {
    const [part] = /lora_[AB]|classifier/.exec(name) ?? ['other'];
    kinds[`${part} ${kind}`] = (kinds[`${part} ${kind}`] ?? 0) + 1;
  }
  expect(unchanged).toBe(0);
  expect(kinds).toEqual({ 'lora_A changed': 24, 'lora_B changed': 24, 'classifier changed': 4 });
  expect(await day.mgit('log', '--oneline')).toMatch(/accuracy 0\.858\n.*accuracy 0\.804$/);
});
