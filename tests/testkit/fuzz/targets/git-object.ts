import type { CommitId, ObjectId } from '../../../../src/base/ids.ts';
import { parseCommit } from '../../../../src/store/history/objects/commit-object.ts';
import { parseTree } from '../../../../src/store/history/objects/tree-object.ts';
import type { FuzzTarget } from '../target.ts';

const ID = '0'.repeat(40) as ObjectId;

/** Commits and trees, as a clone or a fetch brings them. */
export default {
  seeds: () => [
    Buffer.from(
      `tree ${ID}\nparent ${ID}\nauthor A <a@b> 1 +0100\ncommitter A <a@b> 1 -0230\ngpgsig x\n y\n\nText\n`,
    ),
    Buffer.from(`100644 a\0${'\x01'.repeat(20)}40000 b\0${'\x02'.repeat(20)}`),
  ],
  parse: input =>
    Buffer.from(input).includes('tree ') ? parseCommit(ID as CommitId, input) : parseTree(ID, input),
  words: ['160000 ', '120000 ', 'encoding x', ' <> ', '+9999', '.git\0'],
} satisfies FuzzTarget;
