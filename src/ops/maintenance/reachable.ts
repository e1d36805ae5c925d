import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId } from '../../base/ids.ts';
import type { Commit, History } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { manifestDigests } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';
import type { Roots } from './roots.ts';

/**
 * The extents of all manifests that roots reach. Errors: `OBJECT_MISSING`, `OBJECT_CORRUPT`, `MANIFEST_CORRUPT` when what a ref names
 * cannot be read: then nobody knows what it needs.
 */
export async function reachableExtents(
  { history }: Repository,
  { refs, others }: Roots,
  options: LongOperation = {},
): Promise<ReadonlySet<Digest>> {
  const reader = extentReader(history, options);
  const tips: CommitId[] = [];
  for (const { id } of refs) {
    const commit = await reader.object(id);
    if (commit) tips.push(commit.id);
  }
  if (tips.length > 0)
    for await (const commit of history.walk({ include: tips })) await reader.commit(commit);
  for (const id of others) await walkWhatIsThere(reader, id);
  return reader.digests;
}

/** Collects the extents of manifests; every tree and blob is read once. */
interface ExtentReader {
  readonly digests: ReadonlySet<Digest>;
  hasSeen(id: ObjectId): boolean;
  commit(commit: Commit): Promise<void>;
  /** Reads what an id names; returns the commit that it is, or that a tag names. */
  object(id: ObjectId): Promise<Commit | undefined>;
}

function extentReader(history: History, { onEvent, signal }: LongOperation): ExtentReader {
  const seen = new Set<ObjectId>();
  const digests = new Set<Digest>();
  let commits = 0;
  const readBlob = (bytes: Uint8Array): void => {
    if (!looksLikeManifest(bytes)) return;
    for (const digest of manifestDigests(bytes)) digests.add(digest);
  };
  const blob = async (id: ObjectId): Promise<void> => readBlob(await history.readBlob(id));
  const tree = async (id: ObjectId): Promise<void> => {
    if (seen.has(id)) return;
    const files = (await history.listTree(id)).filter(({ mode }) => (mode & 0o170000) === 0o100000);
    const fresh = [...new Set(files.map(file => file.id))].filter(blob => !seen.has(blob));
    for await (const bytes of history.readBlobs(fresh)) readBlob(bytes);
    for (const blob of fresh) seen.add(blob);
    seen.add(id);
  };
  const commit = async (found: Commit): Promise<void> => {
    signal?.throwIfAborted();
    if (seen.has(found.id)) return;
    onEvent?.({ type: 'progress', phase: 'read history', done: ++commits, total: undefined, unit: 'items' });
    await tree(found.tree);
    seen.add(found.id);
  };
  return {
    digests,
    hasSeen: id => seen.has(id),
    commit,
    object: async function object(id): Promise<Commit | undefined> {
      const found = await ifOfType(() => history.readCommit(id as CommitId));
      if (found) await commit(found);
      const isRead =
        found !== undefined ||
        (await ifOfType(() => tree(id).then(() => true))) ||
        (await ifOfType(() => blob(id).then(() => true)));
      seen.add(id);
      return isRead ? found : object(await history.resolveObject(`${id}^{}`)); // A tag.
    },
  };
}

async function ifOfType<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isMgitError(error, 'OBJECT_TYPE_MISMATCH')) return undefined;
    throw error;
  }
}

/** Follows a root that Git may have pruned, as far as it is there. */
async function walkWhatIsThere(reader: ExtentReader, root: ObjectId): Promise<void> {
  const waiting: ObjectId[] = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reader.hasSeen(id)) continue;
    try {
      const commit = await reader.object(id);
      waiting.push(...(commit?.parents ?? []));
    } catch (error) {
      if (!isMgitError(error, 'OBJECT_MISSING')) throw error;
    }
  }
}
