import type { CommitId, ObjectId } from '../../../../base/ids.ts';
import type { History } from '../../history.ts';
import { readCommit } from '../../objects/object-history.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { tagTarget } from '../../objects/tag-object.ts';
import { MODE, parseTree } from '../../objects/tree-object.ts';

/** What to send: everything that `include` reaches and `exclude`, which the other side has, does not. */
export async function outgoingObjects(
  { store, walk }: { readonly store: ObjectStore } & Pick<History, 'walk'>,
  include: readonly ObjectId[],
  exclude: readonly ObjectId[],
): Promise<readonly ObjectId[]> {
  const known = new Set<ObjectId>(exclude);
  const found = new Set<ObjectId>();
  const commits = await peelTags(store, include, found, known);
  const theirs = await peelTags(store, exclude, new Set(), new Set());
  const sent = new Set<CommitId>();
  const trees: ObjectId[] = [];
  const edges = new Set<CommitId>();
  for await (const { id, tree, parents } of walk({ include: commits, exclude: theirs })) {
    sent.add(id);
    found.add(id);
    trees.push(tree);
    for (const parent of parents) edges.add(parent);
  }
  for (const edge of edges)
    if (!sent.has(edge)) await addTree(store, (await readCommit(store, edge)).tree, { found: known, known });
  for (const tree of trees) await addTree(store, tree, { found, known });
  return [...found];
}

/** Commits behind these ids; tags, and trees and blobs that a ref names directly, go into `found`. */
async function peelTags(
  store: ObjectStore,
  ids: readonly ObjectId[],
  found: Set<ObjectId>,
  known: Set<ObjectId>,
): Promise<CommitId[]> {
  const commits: CommitId[] = [];
  const waiting = [...ids];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const { type, bytes } = await store.read(id);
    if (type === 'commit') commits.push(id as CommitId);
    else if (type === 'tree') await addTree(store, id, { found, known });
    else if (!known.has(id)) found.add(id);
    if (type === 'tag') waiting.push(tagTarget(id, bytes));
  }
  return commits;
}

async function addTree(
  store: ObjectStore,
  tree: ObjectId,
  sets: { readonly found: Set<ObjectId>; readonly known: ReadonlySet<ObjectId> },
): Promise<void> {
  const { found, known } = sets;
  if (found.has(tree) || known.has(tree)) return;
  found.add(tree);
  const { bytes } = await store.read(tree);
  for (const { mode, id } of parseTree(tree, bytes))
    if (mode === MODE.directory) await addTree(store, id, sets);
    else if (mode !== MODE.submodule && !known.has(id)) found.add(id);
}
