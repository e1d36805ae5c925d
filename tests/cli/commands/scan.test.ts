import { expect, test } from 'vitest';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { scene } from '../../testkit/scene.ts';

test('scan says what files are and what they would run, and ends with 1 for a dangerous one', async () => {
  await using day = await scene();
  await day.write('evil.pkl', Buffer.from('cposix\nsystem\n(S"id"\ntR.'));
  await day.write(
    'good.safetensors',
    safetensorsFile([{ name: 'a', dtype: 'U8', shape: [1], data: Uint8Array.of(1) }]),
  );
  const run = await day.attempt('scan', 'good.safetensors', 'evil.pkl');
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toMatchInlineSnapshot(`
    "clean  good.safetensors: safetensors, 1 tensor
    dangerous  evil.pkl: pickle
        would run posix.system
    "
  `);
  const clean = await day.attempt('scan', 'good.safetensors', '--json');
  expect(clean.exitCode).toBe(0);
  expect(clean.json()).toMatchObject({ files: [{ verdict: 'clean', format: 'safetensors', tensors: 1 }] });
  const missing = await day.attempt('scan', 'nothing.pt');
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain('error[FILE_MISSING]');
});
