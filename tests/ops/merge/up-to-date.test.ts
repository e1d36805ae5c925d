import { expect, test } from 'vitest';
import { scene } from '../../testkit/scene.ts';

test('weights in mgit.yaml for two models are no mistake when there is nothing to merge', async () => {
  await using day = await scene();
  await day.write(
    'mgit.yaml',
    'version: 1\nmerge:\n  method: linear\n  parameters: { weight: [0.75, 0.25] }\n',
  );
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'rules');
  await day.mgit('branch', 'side');
  expect(await day.mgit('merge', 'side')).toMatch(/up to date/i);
});
