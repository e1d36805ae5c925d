import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { Head, RefUpdate } from '../../store/history/history.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import { refuseProtected } from '../gate/protection.ts';
import { recordOperation } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { refuseShownElsewhere } from '../linked-work-trees.ts';
import type { Repository } from '../repository.ts';
import { peeledCommits } from '../transfer/peeled-commits.ts';
import { checkoutTree, filesOfTree } from '../worktree/checkout.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { stagedChanges, unstagedChanges } from '../worktree/status.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { type ImportJournal, unfinishedTree } from './journal.ts';

/** The branches and tags of a repository, and HEAD, as they were when an import began. */
export interface RefsBefore {
  readonly head: Head;
  readonly refs: readonly { readonly ref: string; readonly id: ObjectId }[];
  /** The commits that they name in the end. */
  readonly tips: readonly CommitId[];
  /** What tags name, tag objects among them. */
  readonly tags: readonly ObjectId[];
}

/** A ref that names something else now. */
export interface MovedRef {
  readonly ref: string;
  readonly old: ObjectId;
  readonly new: ObjectId;
}

/** What an import rewrites: local branches, tags and a detached HEAD; nothing of remotes. */
export async function rewrittenRefs({ history }: Repository): Promise<RefsBefore> {
  const [branches, tags] = [await history.listRefs('refs/heads/'), await history.listRefs('refs/tags/')];
  const head = await history.head();
  const detached = head.kind === 'detached' ? [{ ref: 'HEAD', id: head.commit }] : [];
  const refs = [...branches, ...tags, ...detached];
  const tips = await peeledCommits(
    history,
    refs.map(({ id }) => id),
  );
  return { head, refs, tips, tags: tags.map(({ id }) => id) };
}

/** Before anything is read. Errors: as `importFromLfs`. */
export async function refuseUnready(
  repository: Repository,
  { head, refs }: RefsBefore,
  options: LongOperation,
): Promise<void> {
  const { history, ports } = repository;
  await refuseUnconcluded(repository);
  if ((await readText(ports, `${history.commonDirectory}/shallow`)) !== undefined)
    throw new MgitError('HISTORY_SHALLOW', 'this clone has only a part of the history', {
      hint: 'fetch the rest with "git fetch --unshallow", then run the command again',
    });
  for (const { ref, id } of refs) {
    if (!ref.startsWith('refs/heads/')) continue;
    await refuseShownElsewhere(repository, ref);
    await refuseProtected(repository, ref, id as CommitId);
  }
  if (history.workTree !== undefined) await refuseLocalChanges(repository, head, options);
}

/** What an import that did not end has changed is no local change: its files are looked at when they are led on. */
async function refuseLocalChanges(repository: Repository, head: Head, long: LongOperation): Promise<void> {
  const begun = await begunPaths(repository, head);
  const index = await readIndexState(await workTreeOf(repository));
  const changes = [
    ...index.unmerged,
    ...(await stagedChanges(repository, index, head.commit)),
    ...(await unstagedChanges(repository, index, long)),
  ];
  const paths = [...new Set(changes.map(({ path }) => path))].filter(path => !begun.has(path));
  if (paths.length > 0) throw localChanges(paths, 'commit them, or put them away with "git stash"');
}

/** The paths in which HEAD differs from the tree that such an import was leading to. */
async function begunPaths(repository: Repository, head: Head): Promise<ReadonlySet<string>> {
  const tree = await unfinishedTree(repository);
  const isThere = tree !== undefined && (await repository.history.hasObject(tree));
  if (!isThere || head.commit === undefined) return new Set();
  const [before, after] = [
    await filesOfTree(repository, (await repository.history.readCommit(head.commit)).tree),
    await filesOfTree(repository, tree),
  ];
  const paths = new Set([...before.keys(), ...after.keys()]);
  return new Set([...paths].filter(path => before.get(path)?.id !== after.get(path)?.id));
}

/** Moves all refs at once, and index and work tree with them. Errors: `REF_CONFLICT` where one has moved since, and then none is moved. */
export async function moveRefs(
  repository: Repository,
  { refs: before, objects }: { readonly refs: RefsBefore; readonly objects: ReadonlyMap<ObjectId, ObjectId> },
  long: LongOperation & Pick<ImportJournal, 'noteTree'>,
): Promise<readonly MovedRef[]> {
  const moved = before.refs.flatMap(({ ref, id }): MovedRef[] => {
    const now = objects.get(id);
    return now === undefined ? [] : [{ ref, old: id, new: now }];
  });
  const updates = moved.map(
    (change): RefUpdate => ({ ref: change.ref, target: change.new, expected: change.old }),
  );
  const files = repository.history.workTree === undefined ? 'kept' : 'moved';
  await recordOperation(repository, { command: 'import --from-lfs', files }, async recorded => {
    if (files === 'moved') await moveFiles(recorded, before.head, { ...long, objects });
    try {
      await recorded.history.updateRefs(updates, 'import --from-lfs');
    } catch (error) {
      throw isMgitError(error, 'REF_CONFLICT') ? movedMeanwhile(error) : error;
    }
  });
  return moved;
}

async function moveFiles(
  repository: Repository,
  head: Head,
  {
    objects,
    noteTree,
    ...long
  }: LongOperation & Pick<ImportJournal, 'noteTree'> & { readonly objects: ReadonlyMap<ObjectId, ObjectId> },
): Promise<void> {
  const now = head.commit && (objects.get(head.commit) as CommitId | undefined);
  if (head.commit === undefined || now === undefined) return;
  const { history } = repository;
  const [from, to] = [await history.readCommit(head.commit), await history.readCommit(now)];
  await noteTree(to.tree);
  await checkoutTree(repository, { ...long, from: from.tree, to: to.tree, head });
}

function movedMeanwhile(cause: MgitError): MgitError {
  return new MgitError('REF_CONFLICT', `${cause.message}; no branch or tag was moved`, {
    hint: 'run the command again: what is stored already is not stored again',
    cause,
  });
}
