import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from '../testkit/python.ts';
import { scene } from '../testkit/scene.ts';
import { sharedData } from '../testkit/shared-data.ts';

const SCRIPT = join(import.meta.dirname, 'reference_mnist.py');
const PICKLE = sharedData('models', 'burn', 'mnist.pt');
const SAFETENSORS = sharedData('models', 'burn', 'mnist.safetensors');

test('a PyTorch and a safetensors file of one network are merged, and their mean has its known accuracy', async () => {
  await using day = await scene();
  const model = join(day.path, 'model.pt');
  const commit = async (message: string): Promise<void> => {
    await day.mgit('add', '-A', '.');
    await day.mgit('commit', '-m', message);
  };
  await day.mgit('track', '*.pt', '*.safetensors');
  runPython(SCRIPT, 'zeros', PICKLE, model);
  await commit('untrained');
  await day.mgit('switch', '-c', 'side');
  await day.mgit('rm', 'model.pt');
  await cp(SAFETENSORS, join(day.path, 'model.safetensors'));
  await commit('trained elsewhere');
  await day.mgit('switch', 'main');
  await cp(PICKLE, model);
  await commit('trained');
  await day.mgit('merge', 'side', '-m', 'mean', '-s', 'linear', '-X', 'take:*.num_batches_tracked=ours');
  const exported = join(day.path, '..', 'exported.safetensors');
  await day.mgit('export', 'HEAD', exported);
  const files = [PICKLE, SAFETENSORS, model, exported];
  const images = sharedData('mnist', 't10k-images-idx3-ubyte.gz');
  const labels = sharedData('mnist', 't10k-labels-idx1-ubyte.gz');
  const [first, second, mean, same] = JSON.parse(runPython(SCRIPT, 'score', images, labels, ...files));
  expect([first / 2000, second / 2000, mean / 2000]).toEqual([0.988, 0.989, 0.9875]);
  expect(same).toBe(mean);
});
