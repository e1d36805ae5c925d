import { MgitError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { TreeEntry, TreeFile } from '../history.ts';
import type { ObjectStore } from './object-store.ts';
import { formatTree, MODE, parseTree } from './tree-object.ts';
import { checkTreeFile, checkTreeNames, invalid } from './tree-path.ts';

/** All files below a tree, in the order of their paths' bytes, which is the order of Git's trees. */
export async function listTreeFiles(
  store: ObjectStore,
  tree: ObjectId,
  prefix = '',
): Promise<readonly TreeFile[]> {
  const folder = prefix.replace(/\/+$/, '');
  if (folder === '') return filesBelow(store, tree, '');
  const entry = await findEntry(store, tree, folder);
  if (entry === undefined) return [];
  return entry.mode === MODE.directory
    ? filesBelow(store, entry.id, `${folder}/`)
    : [{ path: folder, mode: entry.mode, id: entry.id }];
}

/** The file at a path; undefined for a folder too. */
export async function findTreeFile(
  store: ObjectStore,
  tree: ObjectId,
  path: string,
): Promise<TreeFile | undefined> {
  const entry = await findEntry(store, tree, path);
  if (entry === undefined || entry.mode === MODE.directory) return undefined;
  return { path, mode: entry.mode, id: entry.id };
}

/** Writes the tree objects of these files; those that exist already are not written again. Errors: `TREE_INVALID`. */
export async function writeTreeFiles(store: ObjectStore, files: readonly TreeFile[]): Promise<ObjectId> {
  const root: Folder = new Map();
  for (const file of files) place(root, file);
  return writeFolder(store, root);
}

type Folder = Map<string, Folder | TreeFile>;

async function filesBelow(store: ObjectStore, tree: ObjectId, prefix: string): Promise<TreeFile[]> {
  const entries = await readTree(store, tree);
  const lists = entries.map(entry =>
    entry.mode === MODE.directory
      ? filesBelow(store, entry.id, `${prefix}${entry.name}/`)
      : [{ path: prefix + entry.name, mode: entry.mode, id: entry.id }],
  );
  return (await Promise.all(lists)).flat();
}

async function findEntry(store: ObjectStore, tree: ObjectId, path: string): Promise<TreeEntry | undefined> {
  let entry: TreeEntry = { name: '', mode: MODE.directory, id: tree };
  for (const segment of path.split('/')) {
    if (entry.mode !== MODE.directory) return undefined;
    const found = (await readTree(store, entry.id)).find(({ name }) => name === segment);
    if (found === undefined) return undefined;
    entry = found;
  }
  return entry;
}

/** The entries of one tree. Errors: `TREE_INVALID`, `OBJECT_TYPE_MISMATCH`. */
export async function readTree(store: ObjectStore, id: ObjectId): Promise<readonly TreeEntry[]> {
  const object = await store.read(id);
  if (object.type !== 'tree')
    throw new MgitError('OBJECT_TYPE_MISMATCH', `object ${id} is a ${object.type}, not a tree`);
  const entries = parseTree(id, object.bytes);
  checkTreeNames(entries);
  return entries;
}

function place(root: Folder, file: TreeFile): void {
  checkTreeFile(file);
  const segments = file.path.split('/');
  const name = segments.pop() ?? '';
  let folder = root;
  for (const segment of segments) {
    const next = folder.get(segment) ?? new Map();
    if (!(next instanceof Map)) throw invalid(file.path, `is below ${JSON.stringify(next.path)}, a file`);
    folder.set(segment, next);
    folder = next;
  }
  if (folder.has(name)) throw invalid(file.path, 'occurs twice, or is both a file and a folder');
  folder.set(name, file);
}

async function writeFolder(store: ObjectStore, folder: Folder): Promise<ObjectId> {
  const entries: TreeEntry[] = [];
  for (const [name, item] of folder)
    entries.push(
      item instanceof Map
        ? { name, mode: MODE.directory, id: await writeFolder(store, item) }
        : { name, mode: item.mode, id: item.id },
    );
  return store.write('tree', formatTree(entries));
}
