import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from '../testkit/python.ts';
import { scene } from '../testkit/scene.ts';

const SCRIPT = 'tests/python/check_encoded.py';

test.each(['onnx', 'npz'])(
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

test('tensors in another file are named, not left out', async () => {
  await using day = await scene();
  await day.mgit('track', '*.onnx');
  runPython(SCRIPT, 'external', join(day.path, 'model.onnx'));
  await day.mgit('add', 'model.onnx');
  await day.mgit('commit', '-m', 'external');
  const { stderr } = await day.attempt('export', 'HEAD', 'x.npz');
  expect(stderr).toContain(
    'error[TENSOR_EXTERNAL]: the elements of tensor w.far are in another file, weights.data',
  );
});
