import { MgitError } from '../../base/errors.ts';
import { type CommitId, type ObjectId, parseObjectId } from '../../base/ids.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import { type Repository, withHistory } from '../repository.ts';
import { type HeadPosition, headPosition, type RefChange, refJournal } from './ref-journal.ts';

/** One mgit transaction in the log that `undo` reads, `<mgit directory>/operations.jsonl`. */
export interface Operation {
  readonly id: string;
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `moved`: the work tree followed HEAD (switch, merge, reset --hard); `kept`: only refs changed (commit, branch). */
  readonly files: 'moved' | 'kept';
  readonly head: { readonly before: HeadPosition; readonly after: HeadPosition };
  readonly refs: readonly RefChange[];
  /** The operation that this one reverses. */
  readonly undoes?: string;
  /** What it did to files without a commit, to the list of stashes, and with one of them. */
  readonly stash?: StashChange;
}

/** A file that a stash, or a change without a commit, has changed; null: it was not there. */
export interface AppliedFile {
  readonly path: string;
  readonly before: { readonly id: ObjectId; readonly mode: number } | null;
  readonly after: { readonly id: ObjectId; readonly mode: number } | null;
}

/** What a `stash` command, or one with `--no-commit`, did. */
export interface StashChange {
  readonly pushed?: CommitId;
  readonly applied?: readonly AppliedFile[];
  readonly dropped?: { readonly commit: CommitId; readonly message: string };
}

/** What an operation is called, and what it does to files. */
export interface OperationKind {
  readonly command: string;
  readonly files: 'moved' | 'kept';
  readonly undoes?: string;
}

/**
 * Runs one transaction and records how it moved HEAD, branches and tags, so that `mgit undo` can reverse it. Only what is moved through
 * the repository that the action gets is recorded. An action that fails after it moved a ref is recorded too; one that moved
 * nothing leaves no trace.
 */
export async function recordOperation<Result>(
  repository: Repository,
  kind: OperationKind,
  action: (recorded: Repository) => Promise<Result>,
): Promise<Result> {
  const journal = await refJournal(repository.history);
  try {
    return await action(withHistory(repository, journal.history));
  } finally {
    const { head, refs } = journal;
    const isMoved = refs.length > 0 || JSON.stringify(head.before) !== JSON.stringify(head.after);
    if (isMoved) await append(repository, { ...kind, head, refs });
  }
}

/** An operation that is over, and may have waited for the user in between. */
export interface FinishedOperation {
  readonly command: string;
  /** Where HEAD stood before, and the commit that the ref had that it moved (`HEAD` when detached). */
  readonly began: HeadPosition;
  readonly target: string;
  readonly origin: CommitId;
}

/** Records an operation as one, from where it began to where HEAD and its target are now. The work tree has followed. */
export async function recordFinished(repository: Repository, finished: FinishedOperation): Promise<void> {
  const { history } = repository;
  const { command, began: before, target, origin } = finished;
  const after = headPosition(await history.head());
  const now = target === 'HEAD' ? undefined : await history.readRef(target);
  const refs = now === undefined || now === origin ? [] : [{ ref: target, old: origin, new: now }];
  if (refs.length > 0 || JSON.stringify(before) !== JSON.stringify(after))
    await append(repository, { command, files: 'moved', head: { before, after }, refs });
}

/** Records what a `stash` command, or one with `--no-commit`, did: it moves no branch, but its work can be reversed as well. */
export async function recordStash(
  repository: Repository,
  operation: Pick<Operation, 'command' | 'stash' | 'undoes'>,
): Promise<void> {
  const position = headPosition(await repository.history.head());
  const head = { before: position, after: position };
  await append(repository, { ...operation, files: 'kept', head, refs: [] });
}

/**
 * All operations, oldest first. A line that is no JSON is what a crash or a full disk left of one; it is passed over: what `undo`
 * reverses is compared with where the refs are. Errors: `OPERATIONS_CORRUPT`.
 */
export async function readOperations(repository: Repository): Promise<readonly Operation[]> {
  const text = (await readText(repository.ports, pathOf(repository))) ?? '';
  return text.split('\n').flatMap(line => {
    const value = parseLine(line);
    return value === undefined ? [] : [operationOf(value)];
  });
}

/**
 * One write at the end of the file, which the system does not mix with those of other processes; nothing is read, however long the log
 * is. The line feed in front ends a line that a crash cut off.
 */
async function append(repository: Repository, operation: Omit<Operation, 'id' | 'time'>): Promise<void> {
  const { fs, clock, randomBytes } = repository.ports;
  const id = Buffer.from(randomBytes(8)).toString('hex');
  const line = JSON.stringify({ id, time: clock.now(), ...operation } satisfies Operation);
  await makeDurableDirectory(fs, repository.mgitDirectory);
  const file = await fs.open(pathOf(repository), 'append');
  try {
    const isNew = (await file.stat()).size === 0;
    await file.append(Buffer.from(`\n${line}\n`));
    await file.sync();
    if (isNew) await fs.syncDirectory(repository.mgitDirectory);
  } finally {
    await file.close();
  }
}

function parseLine(line: string): unknown {
  if (line === '') return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Early versions numbered the operations. */
function operationOf(value: unknown): Operation {
  try {
    const operation = value as Operation;
    for (const change of operation.refs)
      for (const id of [change.old, change.new]) if (id !== null) parseObjectId(id);
    for (const position of [operation.head.before, operation.head.after])
      if ('commit' in position) parseObjectId(position.commit);
    const { undoes } = operation;
    return {
      ...operation,
      id: String(operation.id),
      ...(undoes === undefined ? {} : { undoes: String(undoes) }),
    };
  } catch (cause) {
    throw new MgitError('OPERATIONS_CORRUPT', 'the log of operations is damaged', {
      hint: 'move <git dir>/mgit/operations.jsonl away: only "mgit undo" needs it',
      cause,
    });
  }
}

function pathOf(repository: Repository): string {
  return `${repository.mgitDirectory}/operations.jsonl`;
}
