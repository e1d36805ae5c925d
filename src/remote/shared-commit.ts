import type { CommitId } from '../base/ids.ts';
import type { History, Signature, TreeFile } from '../store/history/history.ts';

/** A commit of a ref that belongs to everybody: nobody's name, never signed. `seconds` since the epoch. */
export interface SharedCommit {
  readonly files: readonly TreeFile[];
  readonly parents: readonly CommitId[];
  readonly message: string;
  readonly seconds: number;
}

/** Writes a commit of `refs/mgit/packs` or `refs/mgit/reports`. */
export async function writeSharedCommit(history: History, commit: SharedCommit): Promise<CommitId> {
  const who: Signature = {
    name: 'mgit',
    email: 'mgit@mgit.invalid',
    timestamp: commit.seconds,
    timezoneOffset: 0,
  };
  return history.writeCommit({
    tree: await history.writeTree(commit.files),
    parents: commit.parents,
    message: commit.message,
    author: who,
    committer: who,
    sign: false,
  });
}
