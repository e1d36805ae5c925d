import type { CommitId, Digest, ObjectId } from '../base/ids.ts';
import type { History } from '../store/history/history.ts';
import { findPosition } from '../store/manifest/find-extent.ts';
import { looksLikeManifest, readLines } from '../store/manifest/read-lines.ts';
import { manifestDigests } from '../store/manifest/read-manifest.ts';
import { type SpanColumns, type SpanOfFile, spanColumns } from '../store/manifest/span-columns.ts';
import { viewSpan } from '../tensor/view-span.ts';

/** Reads the extents that commits name; every blob is read once, whatever number of trees holds it. */
export interface DigestReader {
  /** The digests of all manifests in a commit's tree that no earlier call has read. */
  read(commit: CommitId): Promise<ReadonlySet<Digest>>;
}

/** The tensors whose extents count; what is no tensor always does. */
export type TensorFilter = (name: string) => boolean;

/** A reader that has seen nothing yet. */
export function digestReader(history: History, matches?: TensorFilter): DigestReader {
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
      for await (const blob of history.readBlobs(fresh)) addDigests(blob, digests, matches);
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
  range: {
    readonly tips: readonly CommitId[];
    readonly exclude: readonly CommitId[];
    readonly matches?: TensorFilter | undefined;
  },
): Promise<ReadonlySet<Digest>> {
  const reader = digestReader(history, range.matches);
  const digests = new Set<Digest>();
  const add = async (commit: CommitId): Promise<void> => {
    for (const digest of await reader.read(commit)) digests.add(digest);
  };
  for (const tip of range.tips) await add(tip);
  for await (const commit of history.walk({ include: range.tips, exclude: range.exclude }))
    await add(commit.id);
  return digests;
}

function addDigests(blob: Uint8Array, digests: Set<Digest>, matches: TensorFilter | undefined): void {
  if (!looksLikeManifest(blob)) return;
  if (matches) for (const digest of matchingDigests(blob, matches)) digests.add(digest);
  else for (const digest of manifestDigests(blob)) digests.add(digest);
}

type Span = SpanOfFile & { readonly digest: Digest };

/** Lines of extents come before those of the views on them, so that only shared extents are held. */
function* matchingDigests(blob: Uint8Array, matches: TensorFilter): Generator<Digest> {
  const shared: Span[] = [];
  let columns: SpanColumns | undefined;
  for (const line of readLines(blob)) {
    if (line.kind === 'skeleton') yield line.digest;
    else if (line.kind === 'extent') shared.push({ ...line, role: 'tensor' });
    else if (line.kind === 'tensor' && matches(line.name)) yield line.digest;
    else if (line.kind === 'view' && matches(line.name)) {
      columns ??= spanColumns(shared);
      const extent = shared[findPosition(columns, line.offset, viewSpan(line)) ?? -1];
      if (extent) yield extent.digest;
    }
  }
}
