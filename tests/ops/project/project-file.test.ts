import { expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import { EMPTY_PROJECT, parseProjectFile, protectionOf } from '../../../src/ops/project/project-file.ts';

const FULL = `version: 1
models:
  - path: model.safetensors
    graph: { architecture: mlp, config: config.json }
merge:
  method: linear
  parameters: { weight: [0.5, 0.5] }
  rules:
    - { match: "*.norm.*", method: linear }
    - { match: "lm_head.*", take: ours }
gates:
  - name: digits
    finetune: { mode: probe, recipe: recipes/probe.yaml, steps: 50, seeds: [1, 2, 3] }
    eval: { task: image-classification, data: data/test, metrics: [accuracy] }
    accept:
      - { metric: accuracy, against: best-parent, margin: 0.005, confidence: 0.95 }
      - { metric: accuracy, against: base, improve: true }
      - any_of:
          - { metric: accuracy, against: base, improve: true, stage: probe }
          - { metric: accuracy, against: target, improve: true, stage: probe }
protect:
  main: { gates: [digits], reviewers: 1, trusted_keys: keys/ }
runners:
  cluster: { type: slurm, partition: gpu }
`;

function problemOf(text: string): string {
  try {
    parseProjectFile(text);
  } catch (error) {
    if (error instanceof MgitError && error.code === 'PROJECT_FILE_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

test('a whole project file is read as it is written', () => {
  const project = parseProjectFile(FULL);
  expect(project.models).toEqual([
    { path: 'model.safetensors', graph: { architecture: 'mlp', config: 'config.json' } },
  ]);
  expect(project.merge.rules?.[1]).toEqual({ match: 'lm_head.*', take: 'ours' });
  expect(project.gates[0]?.accept).toHaveLength(3);
  expect(protectionOf(project, 'refs/heads/main')?.gates).toEqual(['digits']);
  expect(protectionOf(project, 'topic')).toBeUndefined();
  expect(protectionOf(project, 'constructor')).toBeUndefined();
});

test('a file that says only its version is an empty project', () => {
  expect(parseProjectFile('version: 1\n')).toEqual(EMPTY_PROJECT);
});

test('errors show line, column and the offending line', () => {
  expect(problemOf('version: 1\nmerge:\n  methd: ties\n')).toMatchInlineSnapshot(`
    "mgit.yaml:3:3: merge has an unknown key "methd"
      3 |   methd: ties"
  `);
  expect(problemOf('version: 2\n')).toMatchInlineSnapshot(`
    "mgit.yaml:1:1: version must be 1
      1 | version: 2"
  `);
  expect(problemOf('version: 1\ngates: [\n')).toMatch(/^mgit\.yaml:\d+:\d+: /);
  expect(problemOf('')).toContain('the file must be object');
});

test.each([
  ['an unknown gate of a branch', FULL.replace('[digits]', '[letters]'), 'there is no gate named letters'],
  [
    'a rule with margin and improve',
    FULL.replace('margin: 0.005', 'margin: 1, improve: true'),
    'either margin or improve',
  ],
  [
    'a metric that is not evaluated',
    FULL.replace('metrics: [accuracy]', 'metrics: [loss]'),
    'accuracy is not among',
  ],
  [
    'a gate that heals beside another',
    `version: 1
gates:
  - { name: a, finetune: { mode: heal, recipe: r.yaml }, eval: { task: image-classification, data: d, metrics: [loss] }, accept: [{ metric: loss, against: base, improve: true }] }
  - { name: b, command: [check] }
protect:
  main: { gates: [a, b] }
`,
    'gate a heals, so it must be the only one',
  ],
  ['a probe rule with one seed', FULL.replace('[1, 2, 3]', '[1]'), 'at least two seeds'],
  ['a path that leaves the tree', FULL.replace('recipes/probe.yaml', '../probe.yaml'), 'must match pattern'],
  ['a duplicate key', 'version: 1\nversion: 1\n', 'unique'],
])('%s is refused', (_name, text, message) => {
  expect(problemOf(text)).toContain(message);
});

test('aliases cannot blow up the document', () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `  k${level + 1}: &l${level + 1} [*l${level}, *l${level}]`,
  );
  expect(problemOf(`version: 1\npublish:\n  k0: &l0 [1]\n${levels.join('\n')}\n`)).toMatch(/alias/i);
});
