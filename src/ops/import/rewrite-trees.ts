import type { ObjectId } from '../../base/ids.ts';
import type { History, TreeEntry } from '../../store/history/history.ts';
import { isFolder, isRegularFile } from '../../store/history/objects/tree-object.ts';
import type { AttributeEditor, Declaration } from './attributes.ts';
import { declareFiles } from './declare-files.ts';
import type { Selection } from './selection.ts';

/** What decides how trees are rewritten. */
export interface TreeRewriting extends Pick<Selection, 'selects'> {
  /** The manifests of contents that become models. */
  readonly manifests: ReadonlyMap<ObjectId, ObjectId>;
  /** Contents at selected paths that stay as they are, and how they are to be declared. */
  readonly left: ReadonlyMap<ObjectId, Declaration>;
  readonly editor: AttributeEditor;
}

/** A tree that was rewritten, and what is to hold of files below it. */
export interface RewrittenTree {
  readonly id: ObjectId;
  /** How each selected file must be declared, by path. */
  readonly declared: ReadonlyMap<string, Declaration>;
  /** Folders that have a `.gitattributes`: `''` or `a/b/`. */
  readonly attributeFolders: readonly string[];
}

/** Rewrites root trees. Every tree is rewritten once; one that holds nothing to rewrite keeps its id. */
export function treeRewriter(
  history: History,
  rewriting: TreeRewriting,
): (root: ObjectId) => Promise<ObjectId> {
  const below = new Map<string, Promise<RewrittenTree>>();
  const roots = new Map<ObjectId, Promise<ObjectId>>();
  const rewrite = (tree: ObjectId, prefix: string): Promise<RewrittenTree> => {
    const key = `${tree}${prefix}`;
    const known = below.get(key) ?? rewriteTree(history, { tree, prefix, rewrite }, rewriting);
    below.set(key, known);
    return known;
  };
  const settle = async (root: ObjectId): Promise<ObjectId> =>
    declareFiles(
      history,
      await rewriteTree(history, { tree: root, prefix: '', rewrite }, rewriting),
      rewriting,
    );
  return root => {
    const known = roots.get(root) ?? settle(root);
    roots.set(root, known);
    return known;
  };
}

interface Place {
  readonly tree: ObjectId;
  readonly prefix: string;
  readonly rewrite: (tree: ObjectId, prefix: string) => Promise<RewrittenTree>;
}

async function rewriteTree(
  history: History,
  { tree, prefix, rewrite }: Place,
  rewriting: TreeRewriting,
): Promise<RewrittenTree> {
  const before = await history.readTreeEntries(tree);
  const declared = new Map<string, Declaration>();
  const attributeFolders: string[] = [];
  const after: TreeEntry[] = [];
  for (const entry of before) {
    if (isFolder(entry)) {
      const found = await rewrite(entry.id, `${prefix}${entry.name}/`);
      for (const [path, as] of found.declared) declared.set(path, as);
      attributeFolders.push(...found.attributeFolders);
      after.push({ ...entry, id: found.id });
    } else if (isRegularFile(entry)) {
      if (entry.name === '.gitattributes') attributeFolders.push(prefix);
      const path = prefix + entry.name;
      if (rewriting.selects(path)) declared.set(path, rewriting.left.get(entry.id) ?? 'mgit');
      after.push({ ...entry, id: await rewriteFile(history, entry, { prefix, path }, rewriting) });
    } else after.push(entry);
  }
  const isSame = after.every(({ id }, at) => id === before[at]?.id);
  return { id: isSame ? tree : await history.writeTreeEntries(after), declared, attributeFolders };
}

async function rewriteFile(
  history: History,
  { id, name }: TreeEntry,
  { prefix, path }: { readonly prefix: string; readonly path: string },
  { editor, manifests, selects }: TreeRewriting,
): Promise<ObjectId> {
  if (selects(path)) return manifests.get(id) ?? id;
  if (name !== '.gitattributes') return id;
  const text = Buffer.from(await history.readBlob(id)).toString('utf8');
  const rewritten = editor.rewrite(text, prefix);
  return rewritten === text ? id : history.writeBlob(Buffer.from(rewritten));
}
