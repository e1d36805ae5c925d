import { parseProjectFile } from '../../../../src/ops/project/project-file.ts';
import type { FuzzTarget } from '../target.ts';

const PROJECT = `version: 1
models:
  - { path: m.safetensors, graph: { architecture: mlp, config: config.json } }
names: [{ from: "module.*", to: "*" }]
gates:
  - name: digits
    finetune: { mode: probe, recipe: r.yaml, seeds: [1] }
    eval: { task: image-classification, data: data, split: test, metrics: [accuracy] }
    accept:
      - { metric: accuracy, against: best-parent, margin: 0.005, confidence: 0.95 }
protect:
  main: { gates: [digits], trusted_keys: keys/ }
`;

/** `mgit.yaml`. */
export default {
  seeds: () => [Buffer.from('version: 1\n'), Buffer.from(PROJECT)],
  parse: input => parseProjectFile(Buffer.from(input).toString('utf8')),
  words: [
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '? ',
    '- ',
    '|\n',
    '>-\n',
    '---\n',
    '%YAML 1.1\n',
    'any_of: []',
    'merge:',
    '#',
    '!!js/function ',
  ],
} satisfies FuzzTarget;
