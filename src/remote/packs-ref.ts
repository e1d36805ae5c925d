import { counted } from '../base/counted.ts';
import type { CommitId, PackId } from '../base/ids.ts';
import { LONGEST_POINTER } from '../formats/pointer-file.ts';
import type { History, TreeFile } from '../store/history/history.ts';
import { formatPointer, type PackPointer, packOfPointerPath, parsePointer, pointerPath } from './pointer.ts';
import { writeSharedCommit } from './shared-commit.ts';

/** On every remote: the commit whose tree holds a pointer for each pack that is there. */
export const PACKS_REF = 'refs/mgit/packs';

/** The ids of the packs that a commit of the packs ref names; none for a remote that has no such ref. */
export async function listPublishedPacks(
  history: History,
  commit: CommitId | undefined,
): Promise<ReadonlySet<PackId>> {
  const ids = (await pointerFiles(history, commit)).map(({ id }) => id);
  return new Set(ids);
}

/** The pointers that a commit of the packs ref holds. Errors: `POINTER_INVALID`. */
export async function readPublishedPacks(
  history: History,
  commit: CommitId | undefined,
): Promise<readonly PackPointer[]> {
  const files = await pointerFiles(history, commit);
  const pointers: PackPointer[] = [];
  for await (const blob of history.readBlobs(files.map(({ file }) => file.id))) {
    const id = files[pointers.length]?.id as PackId;
    pointers.push(parsePointer(id, Buffer.from(blob.subarray(0, LONGEST_POINTER)).toString('latin1')));
  }
  return pointers;
}

/** A commit that adds pointers to those of `base`; undefined when they are all there. Packs that others published are never lost. */
export async function addPointers(
  history: History,
  base: CommitId | undefined,
  added: { readonly pointers: readonly PackPointer[]; readonly seconds: number },
): Promise<CommitId | undefined> {
  const files = await filesOf(history, base);
  const known = new Set(files.map(file => file.path));
  const fresh: TreeFile[] = [];
  for (const pointer of added.pointers) {
    if (known.has(pointerPath(pointer.id))) continue;
    const id = await history.writeBlob(Buffer.from(formatPointer(pointer)));
    fresh.push({ path: pointerPath(pointer.id), mode: 0o100644, id });
  }
  if (fresh.length === 0) return undefined;
  return writeSharedCommit(history, {
    files: [...files, ...fresh],
    parents: base === undefined ? [] : [base],
    message: `Publish ${counted(fresh.length, 'pack')}\n`,
    seconds: added.seconds,
  });
}

/** A commit that offers packs in place of others; undefined when nothing changes. Only for packs that were taken down. */
export async function replacePointers(
  history: History,
  base: CommitId,
  change: {
    readonly removed: ReadonlySet<PackId>;
    readonly added: readonly PackPointer[];
    readonly seconds: number;
  },
): Promise<CommitId | undefined> {
  const files = await filesOf(history, base);
  const isGone = ({ path }: TreeFile): boolean => {
    const id = packOfPointerPath(path);
    return id !== undefined && change.removed.has(id);
  };
  const kept = files.filter(file => !isGone(file));
  if (kept.length === files.length) return undefined;
  const added = new Map<string, TreeFile>();
  for (const pointer of change.added) {
    const id = await history.writeBlob(Buffer.from(formatPointer(pointer)));
    added.set(pointerPath(pointer.id), { path: pointerPath(pointer.id), mode: 0o100644, id });
  }
  return writeSharedCommit(history, {
    files: [...kept.filter(({ path }) => !added.has(path)), ...added.values()],
    parents: [base],
    message: 'Replace packs of which something was purged\n',
    seconds: change.seconds,
  });
}

async function pointerFiles(
  history: History,
  commit: CommitId | undefined,
): Promise<readonly { readonly id: PackId; readonly file: TreeFile }[]> {
  return (await filesOf(history, commit)).flatMap(file => {
    const id = packOfPointerPath(file.path);
    return id === undefined ? [] : [{ id, file }];
  });
}

async function filesOf(history: History, commit: CommitId | undefined): Promise<readonly TreeFile[]> {
  return commit === undefined ? [] : history.listTree((await history.readCommit(commit)).tree);
}
