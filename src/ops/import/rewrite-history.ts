import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';
import { relinkCommit } from '../../store/history/objects/commit-object.ts';
import { retargetTag, tagTarget } from '../../store/history/objects/tag-object.ts';

/** What became of commits and tags. Those that stayed as they are are not in it. */
export interface RewrittenHistory {
  /** The new id of each object that was rewritten. */
  readonly objects: ReadonlyMap<ObjectId, ObjectId>;
  readonly commits: number;
  /** Signatures of commits and tags that do not hold for what they became. */
  readonly droppedSignatures: number;
}

/** Rewrites commits, parents first, and then tags: all of them but for trees, links and signatures byte for byte. */
export async function rewriteHistory(
  history: History,
  { commits, tags }: { readonly commits: readonly CommitId[]; readonly tags: readonly ObjectId[] },
  { rewriteTree, ...long }: LongOperation & { readonly rewriteTree: (tree: ObjectId) => Promise<ObjectId> },
): Promise<RewrittenHistory> {
  const objects = new Map<ObjectId, ObjectId>();
  let droppedSignatures = 0;
  for (const [done, id] of commits.entries()) {
    long.signal?.throwIfAborted();
    long.onEvent?.({ type: 'progress', phase: 'rewrite', done, total: commits.length, unit: 'items' });
    const { tree, parents, signed } = await history.readCommit(id);
    const links = {
      tree: await rewriteTree(tree),
      parents: parents.map(parent => (objects.get(parent) ?? parent) as CommitId),
    };
    if (links.tree === tree && links.parents.every((parent, at) => parent === parents[at])) continue;
    objects.set(id, await history.writeCommitObject(relinkCommit(await history.readCommitObject(id), links)));
    if (signed) droppedSignatures++;
  }
  const rewritten = { objects, commits: objects.size };
  for (const tag of tags) droppedSignatures += await rewriteTag(history, tag, objects);
  return { ...rewritten, droppedSignatures };
}

/** A tag, and the tags that it names; returns how many signatures that cost. A tag of a tree or a file stays. */
async function rewriteTag(history: History, id: ObjectId, objects: Map<ObjectId, ObjectId>): Promise<number> {
  const tag = objects.has(id) ? undefined : await readTag(history, id);
  if (tag === undefined) return 0;
  const target = tagTarget(id, tag);
  const dropped = await rewriteTag(history, target, objects);
  const now = objects.get(target);
  if (now === undefined) return dropped;
  const { bytes, wasSigned } = retargetTag(tag, now);
  objects.set(id, await history.writeTagObject(bytes));
  return dropped + (wasSigned ? 1 : 0);
}

async function readTag(history: History, id: ObjectId): Promise<Uint8Array | undefined> {
  try {
    return await history.readTagObject(id);
  } catch (error) {
    if (isMgitError(error, 'OBJECT_TYPE_MISMATCH')) return undefined;
    throw error;
  }
}
