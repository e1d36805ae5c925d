import { createHash } from 'node:crypto';
import type { ObjectId } from '../../../../src/base/ids.ts';
import { readMergeRecord } from '../../../../src/ops/merge/read-merge-record.ts';
import type { Repository } from '../../../../src/ops/repository.ts';
import type { FuzzTarget } from '../target.ts';

const TREE = '0'.repeat(40) as ObjectId;

const RECORD = {
  version: 1,
  method: 'linear',
  parameters: { weight: 0.5 },
  base: TREE,
  parents: [TREE, TREE],
  revisions: ['main', 'topic'],
  models: [],
};

/** Merge records, as a commit's trailer names them. */
export default {
  seeds: () => [Buffer.from(JSON.stringify(RECORD))],
  parse: input => {
    const message = `Merge\n\nMgit-Merge: ${createHash('sha256').update(input).digest('hex')}\n`;
    const history = { findInTree: async () => ({ id: TREE }), readBlob: async () => input };
    return readMergeRecord({ history } as unknown as Repository, { tree: TREE, message });
  },
  words: ['"replay":', '"bases":', '"models":[{"path":"a"}]'],
} satisfies FuzzTarget;
