import type { CommitId, Digest, ObjectId } from '../base/ids.ts';
import type { History } from '../store/history/history.ts';
import { looksLikeManifest, readManifestLines } from '../store/manifest/read-lines.ts';

/** Reads the extents that commits name; every blob is read once, whatever number of trees holds it. */
export interface DigestReader {
  /** The digests of all manifests in a commit's tree that no earlier call has read. */
  read(commit: CommitId): Promise<ReadonlySet<Digest>>;
}

/** A reader that has seen nothing yet. */
export function digestReader(history: History): DigestReader {
  const seen = new Set<ObjectId>();
  return {
    read: async commit => {
      const { tree } = await history.readCommit(commit);
      if (seen.has(tree)) return new Set();
      seen.add(tree);
      const fresh: ObjectId[] = [];
      for (const file of await history.listTree(tree)) {
        if ((file.mode & 0o170000) !== 0o100000 || seen.has(file.id)) continue;
        seen.add(file.id);
        fresh.push(file.id);
      }
      const digests = new Set<Digest>();
      for await (const blob of history.readBlobs(fresh)) addDigests(blob, digests);
      return digests;
    },
  };
}

/**
 * The digests that the given tips name, and those of all commits behind them that `exclude` does not reach. Tips count even when
 * they are excluded: somebody may have moved them without mgit, and so without their packs.
 */
export async function digestsOfTips(
  history: History,
  range: { readonly tips: readonly CommitId[]; readonly exclude: readonly CommitId[] },
): Promise<ReadonlySet<Digest>> {
  const reader = digestReader(history);
  const digests = new Set<Digest>();
  const add = async (commit: CommitId): Promise<void> => {
    for (const digest of await reader.read(commit)) digests.add(digest);
  };
  for (const tip of range.tips) await add(tip);
  for await (const commit of history.walk({ include: range.tips, exclude: range.exclude }))
    await add(commit.id);
  return digests;
}

function addDigests(blob: Uint8Array, digests: Set<Digest>): void {
  if (!looksLikeManifest(blob)) return;
  for (const line of readManifestLines(blob)) if ('digest' in line) digests.add(line.digest);
}
