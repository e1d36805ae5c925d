import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { embeddedFiles, tinyModel } from '../testkit/embedded-gate.ts';
import { gatedWorkTree } from '../testkit/gated-work-tree.ts';

/** The interpreter of an environment with python/requirements-test.txt. */
function python(): string {
  const path = process.env.MGIT_PYTHON;
  if (path) return path;
  throw new Error('set MGIT_PYTHON to the Python of an environment with python/requirements-test.txt');
}

test('the PyTorch example gates a merge, and agrees with the embedded evaluation item by item', async () => {
  const example = readFileSync('examples/pytorch-gate/mgit.yaml', 'utf8').replace(
    'python3',
    JSON.stringify(python()),
  );
  const embedded = `models:
  - path: model.safetensors
    graph: { architecture: mlp, config: config.json }
gates:
  - name: embedded
    eval: { task: image-classification, data: data, metrics: [accuracy, loss] }
    accept:
      - { metric: accuracy, against: base, improve: true }
`;
  const policy = example
    .replace('gates:\n', embedded)
    .replace('gates: [pytorch]', 'gates: [pytorch, embedded]');
  const evaluate = readFileSync('examples/pytorch-gate/evaluate.py', 'utf8');
  await using tree = await gatedWorkTree({ policy, files: { ...embeddedFiles(), 'evaluate.py': evaluate } });
  await tree.mgit('switch', '-c', 'better');
  tree.write('model.safetensors', tinyModel(4));
  await tree.mgit('commit', '-am', 'better');
  await tree.mgit('switch', 'main');

  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main', '--json');
  expect(run.stderr).toBe('');
  expect(run.exitCode, run.stdout).toBe(0);
  const { gates } = run.json() as { gates: readonly [GateJson, GateJson] };
  const [pytorch, onnx] = gates.map(({ report }) => report.measurements);
  expect(pytorch?.map(({ role, metric, n }) => ({ role, metric, n }))).toEqual(
    onnx?.map(({ role, metric, n }) => ({ role, metric, n })),
  );
  for (const [index, measured] of (pytorch ?? []).entries())
    expect(measured.value).toBeCloseTo(onnx?.[index]?.value ?? Number.NaN, 5);
  expect(gates[0].report.environment['command.device']).toBeTruthy();
  expect((await tree.mgit('merge', 'better')).exitCode).toBe(0);
});

interface GateJson {
  readonly report: {
    readonly environment: Readonly<Record<string, string>>;
    readonly measurements: readonly {
      readonly role: string;
      readonly metric: string;
      readonly n: number;
      readonly value: number;
    }[];
  };
}
