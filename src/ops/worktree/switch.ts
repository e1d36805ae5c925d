import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import { branchTip, createBranch, refuseTaken, trackRemote } from '../history/branch.ts';
import { recordOperation } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { refuseShownElsewhere } from '../linked-work-trees.ts';
import { previousPlace } from '../previous-place.ts';
import type { Repository } from '../repository.ts';
import { type CheckoutResult, checkoutTree, forceCheckout } from './checkout.ts';

/** Where `mgit switch` goes. */
export interface SwitchOptions extends LongOperation {
  /** A branch, or with `detach` any revision; with `create` the start point (default HEAD). */
  readonly target: string | undefined;
  /** Make this branch first. */
  readonly create?: string;
  readonly forceCreate?: boolean;
  readonly detach?: boolean;
  /** Throw local changes away. */
  readonly discard?: boolean;
}

/** Where HEAD is now. */
export interface SwitchResult extends CheckoutResult {
  readonly head: Head;
  readonly created: boolean;
}

/** Moves HEAD, index and work tree to a branch or commit. Errors: `BRANCH_UNKNOWN`, `BRANCH_EXISTS`, `BRANCH_CHECKED_OUT`, `LOCAL_CHANGES`, `EXTENT_MISSING`. */
export async function switchTo(repository: Repository, options: SwitchOptions): Promise<SwitchResult> {
  const { history } = repository;
  await refuseUnconcluded(repository);
  if (options.target === '-') return switchTo(repository, { ...options, ...(await previousPlace(history)) });
  const head = await history.head();
  const name = options.create ?? options.target ?? '';
  return recordOperation(repository, { command: `switch ${name}`, files: 'moved' }, async recorded => {
    const goal = await goalOf(recorded, head, options);
    if (goal.branch !== undefined) await refuseShownElsewhere(repository, goal.branch);
    const files = await moveFiles(repository, head, { commit: goal.commit, options });
    if (goal.create) await goal.create();
    const place = goal.branch === undefined ? detached(goal.commit) : { branch: goal.branch };
    await recorded.history.setHead(place, `checkout: moving from ${describeHead(head)} to ${name}`);
    if (goal.commit) await history.runHook('post-checkout', [head.commit ?? NO_COMMIT, goal.commit, '1']);
    return { head: await history.head(), created: goal.create !== undefined, ...files };
  });
}

/** How hooks are told that HEAD had no commit. */
const NO_COMMIT = '0'.repeat(40);

interface Goal {
  /** Full ref name; undefined detaches. */
  readonly branch: string | undefined;
  readonly commit: CommitId | undefined;
  readonly create?: () => Promise<void>;
}

async function goalOf(repository: Repository, head: Head, options: SwitchOptions): Promise<Goal> {
  const { history } = repository;
  if (options.create !== undefined)
    return creationOf(repository, head, { ...options, create: options.create });
  const target = options.target ?? '';
  if (options.detach) return { branch: undefined, commit: await history.resolveCommit(target || 'HEAD') };
  const ref = `refs/heads/${target}`;
  const tip = await branchTip(repository, target);
  if (tip !== undefined) return { branch: ref, commit: tip };
  const remote = await trackRemote(repository, target);
  if (remote !== undefined) return { branch: ref, commit: remote.commit, create: remote.create };
  throw await unknownBranch(repository, target);
}

async function creationOf(
  repository: Repository,
  head: Head,
  options: SwitchOptions & { readonly create: string },
): Promise<Goal> {
  const isUnborn = head.commit === undefined && options.target === undefined;
  const commit = isUnborn ? undefined : await repository.history.resolveCommit(options.target ?? 'HEAD');
  const branch = `refs/heads/${options.create}`;
  const request = { name: options.create, force: options.forceCreate === true };
  await refuseTaken(repository, request); // Before any file moves.
  if (commit === undefined) return { branch, commit };
  return {
    branch,
    commit,
    create: async () => void (await createBranch(repository, { ...request, commit })),
  };
}

async function moveFiles(
  repository: Repository,
  head: Head,
  goal: { readonly commit: CommitId | undefined; readonly options: SwitchOptions },
): Promise<CheckoutResult> {
  const { history } = repository;
  if (goal.commit === undefined || goal.commit === head.commit) {
    if (!goal.options.discard || goal.commit === undefined) return { written: [], removed: [] };
  }
  const { tree } = await history.readCommit(goal.commit);
  if (goal.options.discard) return forceCheckout(repository, tree, goal.options);
  const from = head.commit === undefined ? null : (await history.readCommit(head.commit)).tree;
  return checkoutTree(repository, { ...goal.options, from, to: tree, head });
}

function detached(commit: CommitId | undefined): { readonly commit: CommitId } {
  if (commit !== undefined) return { commit };
  throw new MgitError('REVISION_UNKNOWN', 'there is no commit to go to yet');
}

async function unknownBranch(repository: Repository, target: string): Promise<MgitError> {
  const isRevision = await repository.history.resolveCommit(target).then(
    () => true,
    (error: unknown) => {
      if (isMgitError(error)) return false;
      throw error;
    },
  );
  return new MgitError('BRANCH_UNKNOWN', `there is no branch ${JSON.stringify(target)}`, {
    hint: isRevision
      ? `use "mgit switch --detach ${target}" to look at that commit`
      : `make it with "mgit switch -c ${target}", or see "mgit branch" for those there are`,
  });
}

/** How a reflog names where HEAD was. */
export function describeHead(head: Head): string {
  return head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : head.commit;
}
