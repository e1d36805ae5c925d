import type { ObjectId } from '../../base/ids.ts';
import type { History, TreeEntry } from '../../store/history/history.ts';
import { MODE } from '../../store/history/objects/tree-object.ts';
import { attributesFrom, type PathAttributes } from '../../store/worktree/attributes.ts';
import { type Declaration, declarationLine } from './attributes.ts';
import type { RewrittenTree, TreeRewriting } from './rewrite-trees.ts';

const FILE_NAME = '.gitattributes';

/**
 * Sees to it that every selected file of a root tree is declared as what it is: where the lines of `.gitattributes` do not say so, with new
 * ones at the root, and where a file further down says otherwise, with a line for that path there. Returns the tree.
 */
export async function declareFiles(
  history: History,
  tree: RewrittenTree,
  { editor }: Pick<TreeRewriting, 'editor'>,
): Promise<ObjectId> {
  const wrong = await undeclared(history, tree);
  if (wrong.length === 0) return tree.id;
  const models = wrong.filter(path => tree.declared.get(path) === 'mgit');
  const id = await appendLines(history, { root: tree.id, folder: '' }, editor.linesFor(models));
  const attributeFolders = [...new Set([...tree.attributeFolders, ''])];
  return declareEach(history, { ...tree, id, attributeFolders });
}

/** The line that counts most is the last one of the file nearest to a path. */
async function declareEach(history: History, tree: RewrittenTree): Promise<ObjectId> {
  let root = tree.id;
  const lines = new Map<string, string[]>();
  for (const path of await undeclared(history, tree)) {
    const folder = nearest(tree.attributeFolders, path);
    const line = declarationLine(path, folder, tree.declared.get(path) ?? 'mgit');
    lines.set(folder, [...(lines.get(folder) ?? []), line]);
  }
  for (const [folder, added] of lines) root = await appendLines(history, { root, folder }, added);
  return root;
}

function nearest(folders: readonly string[], path: string): string {
  const above = folders.filter(folder => path.startsWith(folder));
  return above.sort((a, b) => b.length - a.length)[0] ?? '';
}

async function undeclared(history: History, tree: RewrittenTree): Promise<readonly string[]> {
  const attributes = attributesFrom({
    below: [],
    info: undefined,
    ignoreCase: false,
    read: async directory => {
      if (!tree.attributeFolders.includes(directory)) return undefined;
      const file = await history.findInTree(tree.id, `${directory}${FILE_NAME}`);
      return file && Buffer.from(await history.readBlob(file.id)).toString('utf8');
    },
  });
  const wrong: string[] = [];
  for (const [path, as] of tree.declared) if (!isDeclared(await attributes.of(path), as)) wrong.push(path);
  return wrong;
}

/** A model must also be kept from conversion of line ends, which Git would do after the filter. */
function isDeclared(attributes: PathAttributes, as: Declaration): boolean {
  const filter = attributes.get('filter');
  if (as === 'mgit') return filter === 'mgit' && attributes.get('text') === false;
  return as === 'lfs' ? filter === 'lfs' : filter !== 'mgit';
}

async function appendLines(
  history: History,
  { root, folder }: { readonly root: ObjectId; readonly folder: string },
  lines: readonly string[],
): Promise<ObjectId> {
  if (lines.length === 0) return root;
  const file = await history.findInTree(root, `${folder}${FILE_NAME}`);
  const text = file === undefined ? '' : Buffer.from(await history.readBlob(file.id)).toString('utf8');
  const begin = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const id = await history.writeBlob(Buffer.from(begin + lines.map(line => `${line}\n`).join('')));
  return putFile(history, root, { path: `${folder}${FILE_NAME}`, id });
}

/** The tree with this content at a path, whose folders exist. */
async function putFile(
  history: History,
  tree: ObjectId,
  { path, id }: { readonly path: string; readonly id: ObjectId },
): Promise<ObjectId> {
  const [, name = path, rest] = /^([^/]*)\/(.*)$/.exec(path) ?? [];
  const entries = await history.readTreeEntries(tree);
  const known = entries.find(entry => entry.name === name);
  const child = known && rest !== undefined ? await putFile(history, known.id, { path: rest, id }) : id;
  const entry: TreeEntry = { name, mode: known?.mode ?? MODE.file, id: child };
  return history.writeTreeEntries([...entries.filter(other => other.name !== name), entry]);
}
