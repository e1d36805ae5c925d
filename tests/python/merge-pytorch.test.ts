import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonProgram } from '../testkit/python.ts';
import { scene } from '../testkit/scene.ts';

const SAVE = `import sys, torch; torch.manual_seed(0)
model = {"layers": {"a": torch.randn(64, 32), "t": torch.randn(6, 4).T}, "b": torch.randn(7), "h": torch.randn(33).bfloat16(), "step": 3}
torch.save(model, sys.argv[1])`;
const CHANGE = `import sys, torch
model = torch.load(sys.argv[1]); layers = model["layers"]
layers["a"] += float(sys.argv[2]); model[sys.argv[3]] += 1; torch.save(model, sys.argv[1])`;
const COMPARE = `import sys, torch
base, merged = torch.load(sys.argv[1]), torch.load(sys.argv[2])
moved = lambda before, after: (after.double() - before.double()).mean().item()
print(round(moved(base["layers"]["a"], merged["layers"]["a"]), 4), moved(base["layers"]["t"], merged["layers"]["t"]), round(moved(base["b"], merged["b"]), 2), round(moved(base["h"], merged["h"]), 2), merged["step"])`;
const TEST_ZIP = `import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())`;

test('two PyTorch checkpoints are merged tensor by tensor, and PyTorch loads the result', async () => {
  await using day = await scene();
  const model = join(day.path, 'model.pt');
  const python = (script: string, ...args: string[]): string =>
    execFileSync(pythonProgram(), ['-c', script, ...args], { encoding: 'utf8' }).trim();
  await day.mgit('track', '*.pt');
  python(SAVE, model);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'base');
  await day.mgit('branch', 'base');
  for (const [branch, step, own] of [
    ['left', '0.5', 'b'],
    ['right', '-0.1', 'h'],
  ] as const) {
    await day.mgit('switch', '-c', branch, 'base');
    python(CHANGE, model, step, own);
    await day.mgit('commit', '-am', branch);
  }
  await day.mgit('merge', 'left', '-m', 'both', '-s', 'linear');
  const base = join(day.path, '..', 'base.pt');
  await day.mgit('cat', 'base:model.pt', '-o', base);
  expect(python(COMPARE, base, model)).toBe('0.2 0.0 1.0 1.0 3');
  expect(python(TEST_ZIP, model)).toBe('None');
});

const SAVE_NPZ = `import sys, numpy as np
np.savez(sys.argv[1], a=np.arange(6, dtype="f4").reshape(2, 3), b=np.full(5, float(sys.argv[2])), c=np.arange(3) + int(sys.argv[3]))`;
const SHOW_NPZ = `import sys, numpy as np
arrays = np.load(sys.argv[1]); print(arrays["a"].tolist(), arrays["b"][0], arrays["c"].tolist())`;

test('two npz files are merged, and NumPy, which looks at checksums, loads the result', async () => {
  await using day = await scene();
  const model = join(day.path, 'model.npz');
  const python = (script: string, ...args: string[]): string =>
    execFileSync(pythonProgram(), ['-c', script, ...args], { encoding: 'utf8' }).trim();
  await day.mgit('track', '*.npz');
  python(SAVE_NPZ, model, '1', '0');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'base');
  await day.mgit('switch', '-c', 'side');
  python(SAVE_NPZ, model, '2', '5');
  await day.mgit('commit', '-am', 'side');
  await day.mgit('switch', 'main');
  python(SAVE_NPZ, model, '4', '0');
  await day.mgit('commit', '-am', 'main');
  await day.mgit('merge', 'side', '-m', 'both', '-s', 'linear');
  expect(python(SHOW_NPZ, model)).toBe('[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] 3.0 [5, 6, 7]');
  expect(python(TEST_ZIP, model)).toBe('None');
});
