import { expect, test } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { disagreementText } from '../../../src/cli/views/disagreement.ts';
import type { ShownMerge } from '../../../src/ops/merge/disagreement.ts';
import { NO_PIPE } from '../../testkit/world.ts';

const io: CliIo = {
  stdout: { write: () => {}, isTty: false, columns: 80 },
  stderr: { write: () => {}, isTty: false, columns: 80 },
  color: false,
  readStdin: async () => new Uint8Array(),
  pipe: NO_PIPE,
};

const counts = { kept: 3, ours: 1, theirs: 0, base: 0, computed: 3, removed: 0, conflicts: 0 };

const shown: ShownMerge = {
  record: {
    version: 1,
    method: 'linear',
    parameters: { weight: [0.6, 0.4] },
    parents: [],
    revisions: ['topic'],
    models: [],
  },
  sides: ['ours', 'topic'],
  models: [
    {
      path: 'model.safetensors',
      counts,
      sides: [0, 1],
      omittedTensors: 2,
      blocks: [
        { block: 'h.0', tensors: 2, norms: [0.5, 1], cosines: [-0.25], signConflicts: [0.52] },
        { block: 'h.1', tensors: 1, norms: [0.25, 0], cosines: [null], signConflicts: [null] },
      ],
    },
  ],
};

test('a picture that can be read without colours', () => {
  expect(disagreementText(io, shown)).toMatchInlineSnapshot(`
    "Merged by linear weight=0.6,0.4

    model.safetensors: 3 merged, 1 from ours, 3 unchanged
      block  change of ours  change of topic  cosine  opposed
      h.0    ████     0.500  ████████ 1.00    -0.25   ████▏    52%
      h.1    ██       0.250           0.00    -       -
      and 2 merged tensors that the record leaves out"
  `);
});

test('sides that changed nothing are left out: the others are compared with the first that did', () => {
  const [model] = shown.models;
  if (!model) throw new Error('no model');
  const octopus: ShownMerge = {
    ...shown,
    sides: ['ours', 'math', 'code'],
    models: [{ ...model, sides: [1, 2], omittedTensors: 0, blocks: model.blocks.slice(0, 1) }],
  };
  expect(disagreementText(io, octopus).split('\n').slice(3)).toEqual([
    '  block  change of math  change of code  cosine  opposed',
    '  h.0    ████     0.500  ████████ 1.00   -0.25   ████▏    52%',
  ]);
});
