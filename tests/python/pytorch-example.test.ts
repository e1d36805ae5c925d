import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pythonProgram } from '../testkit/python.ts';
import { QUARTERS_CONFIG, quartersRecipe, writeQuarters } from '../testkit/training.ts';
import { runMgit, temporaryDirectory, testPorts } from '../testkit/world.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/pytorch');

test('the PyTorch example trains under a run record that can be repeated', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const project = join(home.path, 'project');
  mkdirSync(join(project, 'recipes'), { recursive: true });
  writeQuarters(join(home.path, 'data'), { train: 400, test: 200 });
  copyFileSync(join(EXAMPLE, 'train.py'), join(project, 'train.py'));
  const recipe = readFileSync(join(EXAMPLE, 'recipes/finetune.yaml'), 'utf8');
  const program = JSON.stringify(pythonProgram());
  writeFileSync(join(project, 'recipes/finetune.yaml'), recipe.replace('python3', program));
  writeFileSync(
    join(project, 'recipes/start.yaml'),
    quartersRecipe('../data').replace('steps: 120', 'steps: 1'),
  );
  writeFileSync(join(project, 'config.json'), QUARTERS_CONFIG);
  const run = async (...argv: string[]) => {
    const result = await runMgit(ports, project, ...argv);
    expect(result.stderr).toBe('');
    return result;
  };
  await run('init');
  await run('track', '*.safetensors');
  await run('add', '.');
  await run('commit', '-m', 'Start');
  await run('train', 'recipes/start.yaml');
  const trained = await run('train', 'recipes/finetune.yaml', '--json');
  const { metrics } = trained.json() as { metrics: { initial_loss: number; loss: number } };
  expect(metrics.loss).toBeLessThan(metrics.initial_loss / 2);
  const rerun = await run('rerun', 'HEAD', '--allow-command', '--json');
  expect(rerun.json()).toMatchObject({
    verdict: expect.stringMatching(/^(bit-identical|within-tolerance)$/),
  });
  const options = ['--data', '../data', '--model', 'model.safetensors', '--config', 'config.json', '--json'];
  const compared = await run('eval', 'HEAD~1', 'HEAD', ...options);
  const [before, after] = (
    compared.json() as { revisions: { metrics: { accuracy: { estimate: number } } }[] }
  ).revisions.map(({ metrics: { accuracy } }) => accuracy.estimate);
  expect(after ?? 0).toBeGreaterThan((before ?? 1) + 0.1);
});
