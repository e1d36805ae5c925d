import { expect, test } from 'vitest';
import { picoModel } from '../testkit/pico-model.ts';
import { scene } from '../testkit/scene.ts';

test('a model that was staged before it was tracked is staged anew, as a manifest', async () => {
  await using day = await scene();
  await day.write('model.safetensors', picoModel(1));
  await day.mgit('add', '.');
  await day.mgit('track', '*.safetensors');
  expect(await day.mgit('status')).toContain('modified:  model.safetensors');
  await day.mgit('add', '.');
  expect(await day.git('show', ':model.safetensors')).toMatch(/^mgit manifest 1\n/);
  await day.mgit('commit', '-m', 'A model');
  expect(await day.git('status', '--short')).toBe('');
});

test('a model that is no longer tracked is staged anew, as it is', async () => {
  await using day = await scene();
  await day.mgit('track', '*.safetensors');
  await day.write('model.safetensors', picoModel(1));
  await day.mgit('add', '.');
  await day.mgit('untrack', '*.safetensors');
  await day.mgit('add', '.');
  expect(await day.git('show', ':model.safetensors')).not.toMatch(/^mgit manifest/);
});
