import { expect, test } from 'vitest';
import { isScriptOf } from '../../../src/ops/gate-scripts.ts';

const FILES = new Set([
  'evaluate.py',
  'gates/run',
  'gates/score.py',
  'gates/lib/metrics.py',
  'tools/check.mjs',
  'model.safetensors',
]);

const CASES: readonly (readonly [command: readonly string[], changed: string, counts: boolean])[] = [
  [['python3', 'gates/score.py', '{model}'], 'gates/score.py', true],
  [['python3', 'gates/score.py', '{model}'], 'gates/lib/metrics.py', true],
  [['python3', './gates/../gates//score.py'], 'gates/score.py', true],
  [['python3', '--script=gates/score.py'], 'gates/score.py', true],
  [['python3', 'gates/score.py'], 'train.py', false],
  [['./gates/run', '{candidate}'], 'gates/run', true],
  [['sh', '-c', 'cd gates && ./run "$1"', '{model}'], 'gates/run', true],
  [['sh', '-c', "node 'tools/check.mjs' {model}"], 'tools/check.mjs', true],
  [['python3', 'evaluate.py', '{model}'], 'helper.py', true],
  [['python3', 'evaluate.py', '{model}'], 'package/helper.py', true],
  [['python3', 'evaluate.py', '{model}'], 'docs/readme.md', false],
  [['python3', '-m', 'gates.score'], 'anything/else.py', true],
  [['node', 'tools/check.mjs', '--file', 'model.safetensors'], 'model.safetensors', false],
  [['node', 'tools/check.mjs', '0.5'], 'readme.md', false],
  [['/usr/bin/python3', 'gates/new.py'], 'gates/new.py', true],
];

test.for(CASES)('%j: a change of %s counts: %s', ([command, changed, counts]) => {
  expect(isScriptOf(command, FILES)(changed)).toBe(counts);
});
