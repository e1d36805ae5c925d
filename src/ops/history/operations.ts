import { isSystemError, MgitError } from '../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../base/ids.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';
import type { Head } from '../../store/history/history.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';

/** Where HEAD stood: a branch's full ref name, or a commit. */
export type HeadPosition = { readonly branch: string } | { readonly commit: ObjectId };

/** One mgit transaction in the log that `undo` reads, `<mgit directory>/operations.jsonl`. */
export interface Operation {
  readonly id: number;
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `moved`: the work tree followed HEAD (switch, merge, reset --hard); `kept`: only refs changed (commit, branch). */
  readonly files: 'moved' | 'kept';
  readonly head: { readonly before: HeadPosition; readonly after: HeadPosition };
  readonly refs: readonly RefChange[];
  /** The operation that this one reverses. */
  readonly undoes?: number;
}

/** A ref that changed; null: it did not exist. */
export interface RefChange {
  readonly ref: string;
  readonly old: ObjectId | null;
  readonly new: ObjectId | null;
}

/** What an operation is called, and what it does to files. */
export interface OperationKind {
  readonly command: string;
  readonly files: 'moved' | 'kept';
  readonly undoes?: number;
}

/**
 * Runs one transaction and records what it did to HEAD, branches and tags, so that `mgit undo` can reverse it. An action that fails
 * after it moved a ref is recorded too; one that moved nothing leaves no trace.
 */
export async function recordOperation<Result>(
  repository: Repository,
  kind: OperationKind,
  action: () => Promise<Result>,
): Promise<Result> {
  const before = await snapshot(repository);
  try {
    return await action();
  } finally {
    await append(repository, kind, { before, after: await snapshot(repository) });
  }
}

/** All operations, oldest first. Errors: `OPERATIONS_CORRUPT`. */
export async function readOperations(repository: Repository): Promise<readonly Operation[]> {
  return (await completeText(repository))
    .split('\n')
    .filter(line => line !== '')
    .map(parseOperation);
}

/** The log without a last line that a crash cut off: it has no line feed, and never happened. */
async function completeText(repository: Repository): Promise<string> {
  const text = (await readText(repository.ports, pathOf(repository))) ?? '';
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** HEAD's position as an operation records it. */
export function headPosition(head: Head): HeadPosition {
  return head.kind === 'branch' ? { branch: head.ref } : { commit: head.commit };
}

interface Snapshot {
  readonly head: HeadPosition;
  readonly refs: ReadonlyMap<string, ObjectId>;
}

async function snapshot({ history }: Repository): Promise<Snapshot> {
  const listed = [...(await history.listRefs('refs/heads/')), ...(await history.listRefs('refs/tags/'))];
  return {
    head: headPosition(await history.head()),
    refs: new Map(listed.map(({ ref, id }) => [ref, id])),
  };
}

async function append(
  repository: Repository,
  kind: OperationKind,
  states: { readonly before: Snapshot; readonly after: Snapshot },
): Promise<void> {
  const refs = changesOf(states.before.refs, states.after.refs);
  const head = { before: states.before.head, after: states.after.head };
  if (refs.length === 0 && JSON.stringify(head.before) === JSON.stringify(head.after)) return;
  const known = await readOperations(repository);
  const operation: Operation = {
    id: (known.at(-1)?.id ?? 0) + 1,
    ...kind,
    time: repository.ports.clock.now(),
    head,
    refs,
  };
  const { fs } = repository.ports;
  await fs.makeDirectory(repository.mgitDirectory);
  const file = await openLog(repository);
  try {
    const end = Buffer.byteLength(await completeText(repository));
    await file.write(Buffer.from(`${JSON.stringify(operation)}\n`), end);
    await file.truncate(end + Buffer.byteLength(JSON.stringify(operation)) + 1);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openLog({ ports, mgitDirectory }: Repository): Promise<OpenFile> {
  const path = `${mgitDirectory}/operations.jsonl`;
  return ports.fs.open(path, 'update').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return ports.fs.open(path, 'create');
    throw error;
  });
}

function changesOf(before: Snapshot['refs'], after: Snapshot['refs']): RefChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .map(ref => ({ ref, old: before.get(ref) ?? null, new: after.get(ref) ?? null }))
    .filter(change => change.old !== change.new);
}

function parseOperation(line: string): Operation {
  try {
    const operation = JSON.parse(line) as Operation;
    for (const change of operation.refs)
      for (const id of [change.old, change.new]) if (id !== null) parseObjectId(id);
    return operation;
  } catch (error) {
    throw new MgitError('OPERATIONS_CORRUPT', 'the log of operations is damaged', {
      hint: 'move <git dir>/mgit/operations.jsonl away: only "mgit undo" needs it',
      cause: error,
    });
  }
}

function pathOf(repository: Repository): string {
  return `${repository.mgitDirectory}/operations.jsonl`;
}
