import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { type CommitId, type ObjectId, parseCommitId } from '../../base/ids.ts';
import type { RefUpdate } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { undoStash } from '../stash/undo-stash.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { type Operation, readOperations, recordOperation, recordStash } from './operations.ts';
import { type HeadPosition, headPosition } from './ref-journal.ts';

/**
 * Reverses the last operation that was not undone yet: refs by compare-and-swap, HEAD, and files where the operation moved them.
 * A commit comes off its branch and its content stays staged. The undo is itself recorded. Errors: `NOTHING_TO_UNDO`, `UNDO_CONFLICT` when
 * something moved since, `LOCAL_CHANGES`. Returns the operation.
 */
export async function undoLast(repository: Repository, options: LongOperation = {}): Promise<Operation> {
  const operation = lastOpen(await readOperations(repository));
  if (operation === undefined)
    throw new MgitError('NOTHING_TO_UNDO', 'there is no operation to undo', {
      hint: 'see "mgit reflog" for where HEAD has been',
    });
  await refuseMoved(repository, operation);
  if (operation.stash !== undefined) return undoStashOperation(repository, operation, options);
  const kind = { command: `undo ${operation.command}`, files: operation.files, undoes: operation.id };
  await recordOperation(repository, kind, recorded => reverse(recorded, operation, options));
  return operation;
}

async function undoStashOperation(
  repository: Repository,
  operation: Operation,
  long: LongOperation,
): Promise<Operation> {
  const stash = operation.stash ?? {};
  await undoStash(repository, stash, long);
  await recordStash(repository, { command: `undo ${operation.command}`, undoes: operation.id, stash: {} });
  return operation;
}

/** The last operation that is neither an undo nor undone. */
function lastOpen(operations: readonly Operation[]): Operation | undefined {
  const undone = new Set(operations.map(operation => operation.undoes));
  return operations.findLast(operation => operation.undoes === undefined && !undone.has(operation.id));
}

async function refuseMoved(repository: Repository, operation: Operation): Promise<void> {
  const { history } = repository;
  const now = headPosition(await history.head());
  for (const change of operation.refs)
    if (((await history.readRef(change.ref)) ?? null) !== change.new) throw conflict(operation, change.ref);
  if (JSON.stringify(now) !== JSON.stringify(operation.head.after)) throw conflict(operation, 'HEAD');
}

function conflict(operation: Operation, what: string): MgitError {
  return new MgitError('UNDO_CONFLICT', `${what} has moved since "${operation.command}"`, {
    hint: 'something else than mgit moved it: see "mgit reflog", and use "mgit reset" to go where you want',
  });
}

async function reverse(repository: Repository, operation: Operation, long: LongOperation): Promise<void> {
  const { history } = repository;
  const reason = `undo: ${operation.command}`;
  if (operation.files === 'moved') await moveFiles(repository, operation, long);
  const updates = operation.refs.map(
    (change): RefUpdate => ({ ref: change.ref, target: change.old, expected: change.new }),
  );
  const { before, after } = operation.head;
  const restores = updates.filter(update => update.target !== null);
  const removals = updates.filter(update => update.target === null);
  try {
    if (restores.length > 0) await history.updateRefs(restores, reason);
    if (JSON.stringify(before) !== JSON.stringify(after)) await history.setHead(placeOf(before), reason);
    if (removals.length > 0) await history.updateRefs(removals, reason);
  } catch (error) {
    if (isMgitError(error, 'REF_CONFLICT')) throw conflict(operation, 'a ref');
    throw error;
  }
}

async function moveFiles(repository: Repository, operation: Operation, long: LongOperation): Promise<void> {
  const [from, to] = [commitAt(operation, 'after'), commitAt(operation, 'before')];
  const now = from ?? (await repository.history.head()).commit;
  const target = to ?? (await commitOfHead(repository, operation.head.before));
  if (now === undefined || target === undefined || now === target) return;
  const [here, there] = [await treeOf(repository, now), await treeOf(repository, target)];
  await checkoutTree(repository, { ...long, from: here, to: there });
}

/** Where HEAD stood as far as the operation itself tells: a detached commit, or a branch that it moved. */
function commitAt(operation: Operation, when: 'before' | 'after'): CommitId | undefined {
  const head = operation.head[when];
  if ('commit' in head) return parseCommitId(head.commit);
  const change = operation.refs.find(({ ref }) => ref === head.branch);
  const id = when === 'before' ? change?.old : change?.new;
  return id ? parseCommitId(id) : undefined;
}

async function commitOfHead(repository: Repository, head: HeadPosition): Promise<CommitId | undefined> {
  if ('commit' in head) return parseCommitId(head.commit);
  const id = await repository.history.readRef(head.branch);
  return id === undefined ? undefined : parseCommitId(id);
}

async function treeOf(repository: Repository, commit: CommitId): Promise<ObjectId> {
  return (await repository.history.readCommit(commit)).tree;
}

function placeOf(head: HeadPosition): { readonly branch: string } | { readonly commit: CommitId } {
  return 'branch' in head ? head : { commit: parseCommitId(head.commit) };
}
