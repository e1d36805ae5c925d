import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { type CommitOptions, type CommitResult, commitIndex } from './commit.ts';

/** Where HEAD is, its tree, and the one that is to follow it. */
export interface NextTree {
  readonly head: Head & { readonly commit: CommitId };
  readonly from: ObjectId;
  readonly to: ObjectId;
}

/**
 * Leads index and work tree to the new tree and commits it; back, where the commit is refused, and when it is undone. Errors: those of `commitIndex`.
 */
export async function commitTree(
  repository: Repository,
  { head, from, to }: NextTree,
  options: CommitOptions,
): Promise<CommitResult> {
  await checkoutTree(repository, { ...options, from, to, head });
  try {
    return await commitIndex(repository, { ...options, files: 'moved' });
  } catch (error) {
    const isCommitted = (await repository.history.head()).commit !== head.commit;
    if (!isCommitted) await checkoutTree(repository, { from: to, to: from, head });
    throw error;
  }
}
