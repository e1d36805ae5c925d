import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from '../testkit/python.ts';
import { type Scene, scene } from '../testkit/scene.ts';

const SCRIPT = 'tests/python/check_export.py';

/** A repository whose model holds these groups of dtypes. */
async function committed(day: Scene, ...groups: string[]): Promise<string> {
  const model = join(day.path, 'model.pt');
  runPython(SCRIPT, 'save', model, ...groups);
  await day.mgit('track', '*.pt');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'model');
  return model;
}

/** What each format can hold of PyTorch's dtypes. */
const HELD = [
  ['pt', ['DTYPES', 'YOUNG', 'COMPLEX'], ['--format', 'pytorch', '--tensor', '*']],
  ['safetensors', ['DTYPES', 'YOUNG'], []],
  ['npz', ['NUMPY', 'COMPLEX'], []],
  ['gguf', ['GGML'], []],
] as const;

test.each(HELD)(
  '%s: names, dtypes, shapes and bytes are those that PyTorch saved',
  async (ending, groups, options) => {
    await using day = await scene();
    const model = await committed(day, ...groups);
    const output = join(day.path, `exported.${ending}`);
    await day.mgit('export', 'HEAD', output, ...options);
    expect(runPython(SCRIPT, 'check', model, output)).toBe('equal 1\n');
  },
);

test('a file that was imported is what PyTorch saved, and goes back', async () => {
  await using day = await scene();
  const model = join(day.path, '..', 'model.pt');
  runPython(SCRIPT, 'save', model, 'DTYPES', 'YOUNG');
  await day.mgit('import', model);
  await day.mgit('commit', '-m', 'imported');
  const back = join(day.path, '..', 'back.pt');
  await day.mgit('export', 'HEAD:model.safetensors', back);
  expect(runPython(SCRIPT, 'check', model, join(day.path, 'model.safetensors'), back)).toBe('equal 2\n');
});
