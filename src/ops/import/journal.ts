import { isSystemError } from '../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../base/ids.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/**
 * What an import has stored already, by Git's id of the content, so that one that was interrupted goes on where it stopped:
 * `<mgit directory>/import.jsonl`. Nobody relies on it: what it names is looked for before it counts.
 */
export interface ImportJournal extends AsyncDisposable {
  /** The manifest of a content, if all of it is still in the store; it is kept from gc then. */
  find(content: ObjectId): Promise<ObjectId | undefined>;
  note(content: ObjectId, manifest: ObjectId): Promise<void>;
  /** Says that index and work tree are about to become this tree, before any ref moves. */
  noteTree(tree: ObjectId): Promise<void>;
  /** Once refs name what was stored. */
  remove(): Promise<void>;
}

/** Opens the journal of a repository, and begins it where there is none. */
export async function openJournal(repository: Repository): Promise<ImportJournal> {
  const { fs } = repository.ports;
  const path = journalPath(repository);
  const known = parseLines((await readText(repository.ports, path)) ?? '');
  await makeDurableDirectory(fs, repository.mgitDirectory);
  const file: OpenFile = await fs.open(path, 'append');
  return {
    find: async content => {
      const manifest = known.get(content);
      return manifest !== undefined && (await isWhole(repository, manifest)) ? manifest : undefined;
    },
    note: (content, manifest) => file.append(Buffer.from(`${JSON.stringify([content, manifest])}\n`)),
    noteTree: tree => file.append(Buffer.from(`${JSON.stringify(['tree', tree])}\n`)),
    remove: () => fs.removeFile(path).catch(ifThere),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** The tree that an import which did not end was leading index and work tree to. */
export async function unfinishedTree(repository: Repository): Promise<ObjectId | undefined> {
  const text = (await readText(repository.ports, journalPath(repository))) ?? '';
  const id = [...text.matchAll(/^\["tree","([0-9a-f]{40})"\]$/gm)].at(-1)?.[1];
  return id === undefined ? undefined : parseObjectId(id);
}

function journalPath({ mgitDirectory }: Repository): string {
  return `${mgitDirectory}/import.jsonl`;
}

/** A line that a crash cut off is passed over. */
function parseLines(text: string): ReadonlyMap<ObjectId, ObjectId> {
  const known = new Map<ObjectId, ObjectId>();
  for (const line of text.split('\n')) {
    const [, content, manifest] = /^\["([0-9a-f]{40})","([0-9a-f]{40})"\]$/.exec(line) ?? [];
    if (content && manifest) known.set(parseObjectId(content), parseObjectId(manifest));
  }
  return known;
}

async function isWhole({ history, store }: Repository, id: ObjectId): Promise<boolean> {
  if (!(await history.hasObject(id))) return false;
  const manifest = await readManifestBlob({ history }, { id, mode: 0o100644 });
  return (
    manifest !== undefined && (await store.keep(manifest.extents.map(({ digest }) => digest))).length === 0
  );
}

function ifThere(error: unknown): void {
  if (!isSystemError(error, 'ENOENT')) throw error;
}
