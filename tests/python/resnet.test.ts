import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluateModel } from '../../src/eval/evaluate.ts';
import { runPython } from '../testkit/python.ts';
import { sharedData } from '../testkit/shared-data.ts';
import { runMgit, temporaryDirectory, testPorts } from '../testkit/world.ts';

const CONFIG = JSON.stringify({
  architecture: 'resnet-cifar',
  depth: 20,
  prefix: 'module.',
  input: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
});

/** Images whose losses are compared one by one. */
const COMPARED = 200;

test("ResNet-20 scores its known 915 of 1000, and each item's loss is PyTorch's", async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const project = join(home.path, 'project');
  mkdirSync(project);
  const modelPath = join(project, 'model.safetensors');
  const data = sharedData('cifar10', 'test_batch.bin.gz');
  const script = join(import.meta.dirname, 'reference_resnet.py');
  const checkpoint = sharedData('models', 'cifar-resnets', 'resnet20-12fca82f.th');
  const reference = JSON.parse(runPython(script, checkpoint, data, modelPath, String(COMPARED))) as {
    readonly losses: readonly number[];
    readonly predicted: readonly number[];
  };
  writeFileSync(join(project, 'config.json'), CONFIG);
  const run = async (...argv: string[]) => {
    const result = await runMgit(ports, project, ...argv);
    expect(result.stderr).toBe('');
    return result;
  };
  await run('init');
  await run('track', '*.safetensors');
  await run('add', '.');
  await run('commit', '-m', 'ResNet-20');
  const evaluated = await run(
    'eval',
    'HEAD',
    '--data',
    data,
    '--model',
    'model.safetensors',
    '--config',
    'config.json',
    '--json',
  );
  expect(evaluated.json()).toMatchObject({
    revisions: [{ items: 1000, metrics: { accuracy: { estimate: 0.915 } } }],
  });

  const source = { path: data, split: 'test', limit: COMPARED } as const;
  const { items } = await evaluateModel({
    ports,
    modelPath,
    config: CONFIG,
    task: 'image-classification',
    data: source,
  });
  expect(items.map(item => item.predicted)).toEqual(reference.predicted);
  for (const [index, { loss }] of items.entries()) expect(loss).toBeCloseTo(reference.losses[index] ?? 0, 3);
});
