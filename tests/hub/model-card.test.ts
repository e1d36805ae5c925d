import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type CardContent, modelCard } from '../../src/hub/model-card.ts';

const content: CardContent = {
  name: 'digits',
  revision: 'v1.0.0',
  commit: 'a'.repeat(40),
  license: 'apache-2.0',
  ownText: '# Digits\n\nReads digits.',
  ownMetadata: { language: 'en' },
  baseModels: ['org/base'],
  lineage: [
    {
      id: 'a'.repeat(40),
      subject: 'Merge | <b>',
      parents: [],
      author: 'A Contributor',
      date: '2026-01-01',
      kind: 'merge',
    },
  ],
  merge: { method: 'linear', parameters: { weight: [0.5, 0.5] }, parents: ['b'.repeat(40), 'c'.repeat(40)] },
  gates: [
    {
      gate: 'digits',
      verdict: 'pass',
      metric: 'accuracy',
      dataset: 'digits',
      task: 'image-classification',
      items: 3000,
      base: 0.8,
      parents: [0.5, 0.6],
      candidate: 0.9,
    },
  ],
  files: [{ path: 'model.safetensors', source: '/x', size: 10, sha256: 'd'.repeat(64) }],
};

test('the front matter says what the hub reads', () => {
  const [, yaml] = modelCard(content).split('---\n');
  expect(parse(yaml as string)).toMatchObject({
    license: 'apache-2.0',
    language: 'en',
    base_model: ['org/base'],
    base_model_relation: 'merge',
    'model-index': [{ name: 'digits', results: [{ metrics: [{ type: 'accuracy', value: 0.9 }] }] }],
  });
});

test('the body holds own text, merge, gates, lineage and files, and nothing breaks out of a cell', () => {
  expect(modelCard(content).split('---\n').slice(2).join('---\n')).toMatchInlineSnapshot(`
    "
    # Digits

    Reads digits.

    ## Version

    \`v1.0.0\`, commit \`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\`. Weights and history are kept with mgit; every tensor is identified by its SHA-256.

    ## Merge

    Merged by \`linear\` from \`bbbbbbbbbbbb\` and \`cccccccccccc\`.

    | parameter | value |
    |---|---|
    | \`weight\` | \`[0.5,0.5]\` |

    ## Gates

    Evaluated side by side on the same items before the change was accepted; the reports are signed.

    | gate | verdict | metric | n | base | parent 1 | parent 2 | this model |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | digits | pass | accuracy | 3000 | 0.8000 | 0.5000 | 0.6000 | **0.9000** |

    ## Lineage

    - \`aaaaaaaaaaaa\` Merge &#124; &#60;b&#62; (merge), A Contributor, 2026-01-01

    ## Files

    | file | bytes | SHA-256 |
    |---|---|---|
    | \`model.safetensors\` | 10 | \`dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\` |
    "
  `);
});
