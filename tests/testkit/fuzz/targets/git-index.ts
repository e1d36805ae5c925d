import { createHash } from 'node:crypto';
import type { ObjectId } from '../../../../src/base/ids.ts';
import type { IndexEntry } from '../../../../src/store/worktree/index-file.ts';
import { formatIndex, parseIndex } from '../../../../src/store/worktree/index-format.ts';
import type { FuzzTarget } from '../target.ts';

const HASH_BYTES = 20;

const entry = (path: string, more: Partial<IndexEntry> = {}): IndexEntry => ({
  path,
  id: '1'.repeat(40) as ObjectId,
  mode: 0o100644,
  stage: 0,
  size: 1,
  ctimeSeconds: 1,
  ctimeNanoseconds: 2,
  mtimeSeconds: 3,
  mtimeNanoseconds: 4,
  dev: 5,
  ino: 6,
  uid: 7,
  gid: 8,
  assumeValid: false,
  skipWorktree: false,
  intentToAdd: false,
  ...more,
});

/** Git's index. What is read is read again after it was written. */
export default {
  seeds: () => [
    formatIndex([entry('a'), entry('b/c', { stage: 1 })]),
    formatIndex([entry('é', { intentToAdd: true }), entry('x'.repeat(40), { skipWorktree: true })]),
  ],
  parse: input => {
    const entries = parseIndex(input, 'index');
    const again = parseIndex(formatIndex(entries), 'index');
    if (again.length !== entries.length) throw new Error('an index loses entries');
  },
  reseal: input => {
    const body = Buffer.from(input.subarray(0, Math.max(0, input.length - HASH_BYTES)));
    return Buffer.concat([body, createHash('sha1').update(body).digest()]);
  },
  words: ['DIRC', 'TREE\0\0\0\0', 'link\0\0\0\0', 'sdir\0\0\0\0', '.git', '..'],
} satisfies FuzzTarget;
