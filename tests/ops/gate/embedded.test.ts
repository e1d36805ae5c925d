import { expect, test } from 'vitest';
import { embeddedFiles, embeddedPolicy, tinyModel } from '../../testkit/embedded-gate.ts';
import { type GatedWorkTree, gatedWorkTree } from '../../testkit/gated-work-tree.ts';

const PROBE = 'mode: probe, recipe: recipes/probe.yaml, seeds: [1, 2, 3]';
const HEAL = 'mode: heal, recipe: recipes/probe.yaml, steps: 2, seeds: [1]';

async function contributeModel(tree: GatedWorkTree, branch: string, confidence: number): Promise<void> {
  await tree.mgit('switch', '-c', branch, 'main');
  tree.write('model.safetensors', tinyModel(confidence));
  await tree.mgit('commit', '-am', branch);
  await tree.mgit('switch', 'main');
}

test('a probe fine-tunes base, parents and candidate alike, and the candidate lands as it is', async () => {
  const policy = embeddedPolicy(
    PROBE,
    '      - { metric: accuracy, against: base, margin: 0.2, stage: probe }',
  );
  await using tree = await gatedWorkTree({ policy, files: embeddedFiles() });
  await contributeModel(tree, 'better', 4);
  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main', '--json');
  expect(run.stderr).toBe('');
  expect(run.json()).toMatchObject({
    verdict: 'pass',
    candidate: tree.git('rev-parse', 'better'),
    gates: [
      {
        report: {
          bindings: { seeds: [1, 2, 3], healedFrom: null },
          environment: { provider: 'cpu' },
          rules: [
            { comparisons: [{ method: 'tango', n: 600 }] },
            { stage: 'probe', comparisons: [{ n: 3 }] },
          ],
        },
      },
    ],
  });
  expect((await tree.mgit('gate', 'verify', 'main..better', '--onto', 'main')).exitCode).toBe(0);
});

test('healing commits a child of the candidate, which is what is gated and lands', async () => {
  await using tree = await gatedWorkTree({ policy: embeddedPolicy(HEAL, ''), files: embeddedFiles() });
  await contributeModel(tree, 'better', 4);
  const before = tree.git('rev-parse', 'main');
  const merged = await tree.mgit('merge', 'better');
  expect(merged.stderr).toBe('');
  expect(merged.exitCode).toBe(0);
  expect(tree.git('log', '-1', '--format=%s', 'main')).toBe('Heal model.safetensors by gate tiny');
  expect(tree.git('rev-parse', 'main~1')).toBe(tree.git('rev-parse', 'better'));
  const verified = await tree.mgit('gate', 'verify', `${before}..main`, '--onto', 'main', '--json');
  expect(verified.exitCode).toBe(0);
  expect((await tree.mgit('diff')).stdout).toBe('');
});

test('a candidate of numbers that are none fails; it does not break the gate', async () => {
  const policy = embeddedPolicy(PROBE, '');
  await using tree = await gatedWorkTree({ policy, files: embeddedFiles() });
  await contributeModel(tree, 'broken', Number.NaN);
  const run = await tree.mgit('gate', 'run', 'broken', '--onto', 'main');
  expect(run.stdout).toContain('accuracy of the candidate is not a number');
  expect(run.exitCode).toBe(3);
});

test('a candidate with another config needs the change allowed', async () => {
  await using tree = await gatedWorkTree({ policy: embeddedPolicy(PROBE, ''), files: embeddedFiles() });
  await tree.contribute('other', 1, {
    'config.json': '{"architecture":"mlp","layers":[4,3,2],"activation":"relu"}',
  });
  const run = await tree.mgit('gate', 'run', 'other', '--onto', 'main');
  expect(run.stderr).toContain('error[GATE_POLICY_CHANGE]');
  expect(run.stderr).toContain('config.json');
});
