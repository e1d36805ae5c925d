import { isMgitError, MgitError } from '../../base/errors.ts';
import { type CommitId, type ObjectId, parseCommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { refuseProtected } from '../gate/protection.ts';
import type { Repository } from '../repository.ts';
import { setUpstream } from '../transfer/upstream.ts';
import { recordOperation } from './operations.ts';

/** One branch of a listing. */
export interface BranchInfo {
  /** Without `refs/heads/` or `refs/remotes/`. */
  readonly name: string;
  readonly remote: boolean;
  readonly current: boolean;
  readonly tip: Commit;
}

/** The branches, sorted by name; `remotes` adds those last fetched. */
export async function listBranches(
  repository: Repository,
  options: { readonly local: boolean; readonly remotes: boolean },
): Promise<readonly BranchInfo[]> {
  const { history } = repository;
  const head = await history.head();
  const prefixes = [...(options.local ? ['refs/heads/'] : []), ...(options.remotes ? ['refs/remotes/'] : [])];
  const branches: BranchInfo[] = [];
  for (const prefix of prefixes)
    for (const { ref, id } of await history.listRefs(prefix))
      branches.push({
        name: ref.slice(prefix.length),
        remote: prefix === 'refs/remotes/',
        current: head.kind === 'branch' && head.ref === ref,
        tip: await history.readCommit(parseCommitId(id)),
      });
  return branches;
}

/** Where a branch points; undefined when there is none, also for what cannot be the name of one (`HEAD~2`). */
export async function branchTip({ history }: Repository, name: string): Promise<CommitId | undefined> {
  try {
    const id = name === '' ? undefined : await history.readRef(`refs/heads/${name}`);
    return id === undefined ? undefined : parseCommitId(id);
  } catch (error) {
    if (isMgitError(error, 'REF_INVALID')) return undefined;
    throw error;
  }
}

/** Makes a branch at a commit. `force` moves one that is there. Errors: `BRANCH_EXISTS`, `BRANCH_PROTECTED`, `REF_INVALID`. */
export async function createBranch(
  repository: Repository,
  request: { readonly name: string; readonly commit: CommitId; readonly force: boolean },
): Promise<void> {
  const { history } = repository;
  const ref = `refs/heads/${request.name}`;
  const known = await refuseTaken(repository, request);
  const reason = `branch: Created from ${request.commit}`;
  await history.updateRefs([{ ref, target: request.commit, expected: known ?? null }], reason);
}

/** Refuses a name that cannot be made or moved; returns where it points now. Errors: as {@link createBranch}. */
export async function refuseTaken(
  repository: Repository,
  request: { readonly name: string; readonly force: boolean },
): Promise<ObjectId | undefined> {
  const ref = `refs/heads/${request.name}`;
  const known = await repository.history.readRef(ref);
  if (known === undefined) return undefined;
  if (!request.force)
    throw new MgitError('BRANCH_EXISTS', `there is a branch ${request.name} already`, {
      hint: `go there with "mgit switch ${request.name}", or choose another name`,
    });
  await refuseMovingHere(repository, ref, parseCommitId(known));
  return known;
}

async function refuseMovingHere(repository: Repository, ref: string, tip: CommitId): Promise<void> {
  const head = await repository.history.head();
  if (head.kind === 'branch' && head.ref === ref)
    throw new MgitError('BRANCH_CHECKED_OUT', `${ref.slice(11)} is the branch you are on`, {
      hint: 'use "mgit reset" to move it',
    });
  await refuseProtected(repository, ref, tip);
}

/**
 * Deletes branches. Without `force` one whose commits are not all in HEAD stays. Returns where they pointed.
 * Errors: `BRANCH_UNKNOWN`, `BRANCH_CHECKED_OUT`, `BRANCH_UNMERGED`, `BRANCH_PROTECTED`.
 */
export async function deleteBranches(
  repository: Repository,
  names: readonly string[],
  force: boolean,
): Promise<readonly { readonly name: string; readonly commit: CommitId }[]> {
  const { history } = repository;
  const head = await history.head();
  const found: { name: string; ref: string; commit: CommitId }[] = [];
  for (const name of names) {
    const ref = `refs/heads/${name}`;
    const id = await history.readRef(ref);
    if (id === undefined) throw unknownBranch(name);
    const commit = parseCommitId(id);
    await refuseMovingHere(repository, ref, commit);
    const isMerged = head.commit !== undefined && (await history.isAncestor(commit, head.commit));
    if (!force && !isMerged)
      throw new MgitError('BRANCH_UNMERGED', `${name} has commits that are not in HEAD`, {
        hint: `merge it first, or delete it all the same with "mgit branch -D ${name}"`,
      });
    found.push({ name, ref, commit });
  }
  await recordOperation(repository, { command: `branch -d ${names.join(' ')}`, files: 'kept' }, recorded =>
    recorded.history.updateRefs(
      found.map(({ ref, commit }) => ({ ref, target: null, expected: commit })),
      'branch: deleted',
    ),
  );
  return found;
}

/** Renames a branch; HEAD follows. Errors: `BRANCH_UNKNOWN`, `BRANCH_EXISTS`, `BRANCH_PROTECTED`. */
export async function renameBranch(repository: Repository, from: string, to: string): Promise<void> {
  const { history } = repository;
  const [old, ref] = [`refs/heads/${from}`, `refs/heads/${to}`];
  const head = await history.head();
  const isHead = head.kind === 'branch' && head.ref === old;
  const id = await history.readRef(old);
  if (id === undefined && !isHead) throw unknownBranch(from);
  const reason = `Branch: renamed ${old} to ${ref}`;
  await recordOperation(repository, { command: `branch -m ${from} ${to}`, files: 'kept' }, async recorded => {
    if (id !== undefined) {
      const commit = parseCommitId(id);
      await refuseProtected(repository, old, commit);
      await createBranch(recorded, { name: to, commit, force: false });
    }
    if (isHead) await recorded.history.setHead({ branch: ref }, reason);
    if (id !== undefined)
      await recorded.history.updateRefs([{ ref: old, target: null, expected: id }], reason);
  });
}

/** The one remote branch of this name, and how to make a local one that follows it; undefined when there is none or several. */
export async function trackRemote(
  repository: Repository,
  name: string,
): Promise<{ readonly commit: CommitId; readonly create: () => Promise<void> } | undefined> {
  const { history } = repository;
  const matches = (await history.listRefs('refs/remotes/')).filter(
    ({ ref }) => name !== '' && ref.replace(/^refs\/remotes\/[^/]+\//, '') === name,
  );
  const [match] = matches;
  if (match === undefined || matches.length > 1) return undefined;
  const commit = parseCommitId(match.id);
  const remote = match.ref.split('/')[2] ?? '';
  return {
    commit,
    create: async () => {
      await createBranch(repository, { name, commit, force: false });
      await setUpstream(history, name, { remote, ref: `refs/heads/${name}` });
    },
  };
}

function unknownBranch(name: string): MgitError {
  return new MgitError('BRANCH_UNKNOWN', `there is no branch ${name}`, {
    hint: 'see "mgit branch" for those there are',
  });
}
