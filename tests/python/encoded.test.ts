import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from '../testkit/python.ts';
import { scene } from '../testkit/scene.ts';

const SCRIPT = 'tests/python/check_encoded.py';

test.each(['onnx', 'npz', 'pt'])(
  '%s: what does not lie in the file as it is can be exported, imported and compared',
  async format => {
    await using day = await scene();
    const model = join(day.path, `model.${format}`);
    await day.mgit('track', `*.${format}`);
    for (const step of ['1', '2']) {
      runPython(SCRIPT, format, model, step);
      await day.mgit('add', '.');
      await day.mgit('commit', '-m', `step ${step}`);
    }
    const exported = join(day.path, '..', 'exported.npz');
    await day.mgit('export', 'HEAD', exported, '--tensor', '*');
    expect(runPython(SCRIPT, 'check', '2', exported)).toBe('equal 11\n');
    await day.mgit('import', model, 'imported.safetensors');
    const { files } = JSON.parse(await day.mgit('diff', 'HEAD~1', 'HEAD', '--json'));
    expect(files[0].model.tensors.map(({ name }: { name: string }) => name)).toEqual(['w.int64']);
    expect(files[0].model.unchanged).toBe(10);
    expect(files[0].model.tensors[0].difference.changed).toBe(1);
  },
);

test('a merge does not lose what both sides changed in a compressed file', async () => {
  await using day = await scene();
  const model = join(day.path, 'model.npz');
  await day.mgit('track', '*.npz');
  const commit = async (step: string): Promise<void> => {
    runPython(SCRIPT, 'npz', model, step);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', step);
  };
  await commit('1');
  await day.mgit('switch', '-c', 'side');
  await commit('2');
  await day.mgit('switch', 'main');
  await commit('3');
  const { stderr } = await day.attempt('merge', 'side', '-m', 'both');
  expect(stderr).toContain('error[MERGE_LAYOUT_UNSUPPORTED]: tensor w.int64');
});

test('tensors in another file are tensors there, and are read with the model', async () => {
  await using day = await scene();
  const model = join(day.path, 'model.onnx');
  await day.mgit('track', '*.onnx', '*.data');
  for (const step of ['1', '2']) {
    runPython(SCRIPT, 'external', model, step);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', `step ${step}`);
  }
  const { files } = JSON.parse(await day.mgit('diff', 'HEAD~1', 'HEAD', '--json'));
  expect(files.map(({ path }: { path: string }) => path)).toEqual(['weights.data']);
  expect(files[0].model.tensors.map(({ name }: { name: string }) => name)).toEqual(['w.int64']);
  const exported = join(day.path, '..', 'exported.npz');
  await day.mgit('export', 'HEAD', exported);
  expect(runPython(SCRIPT, 'check', '2', exported)).toBe('equal 10\n');
  await day.mgit('import', 'model.onnx', 'imported.npz', '--as', 'npz');
  expect(runPython(SCRIPT, 'check', '2', join(day.path, 'imported.npz'))).toBe('equal 10\n');
  await day.git('add', '--renormalize', '.'); // The filter finds the model, too.
  expect(await day.mgit('status', '--porcelain')).toContain('A  imported.npz');
  await day.mgit('rm', '--cached', 'weights.data');
  await day.mgit('commit', '-m', 'without the data');
  expect((await day.attempt('export', 'HEAD:model.onnx', 'x.npz')).stderr).toContain(
    'error[TENSOR_EXTERNAL]',
  );
});
