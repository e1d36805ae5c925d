import { isMgitError } from '../../base/errors.ts';
import type { CommitId, Digest, ObjectId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import type { Repository } from '../repository.ts';
import { peeledCommits } from '../transfer/peeled-commits.ts';
import type { CheckedRoots } from './check-history.ts';
import type { Affected } from './fsck-problem.ts';

/** Which files, tensors, commits and refs cannot be read because of each bad extent; those that nothing needs are not in it. */
export async function affectedBy(
  repository: Repository,
  store: Pick<TensorStore, 'describe'>,
  found: {
    readonly bad: ReadonlySet<Digest>;
    readonly reachable: Iterable<Digest>;
    readonly roots: CheckedRoots;
  },
): Promise<ReadonlyMap<Digest, Affected>> {
  const needs = await badBelow(store, found.bad, found.reachable);
  if (needs.size === 0) return new Map();
  const affected = new Map<Digest, Mutable>();
  const notes = manifestNotes(repository, needs, affected);
  for (const { path, id } of found.roots.staged) await notes.file(path, id);
  const refsOf = new Map<CommitId, Set<string>>();
  const tips: CommitId[] = [];
  for (const { ref, id } of found.roots.refs)
    for (const tip of await peeledCommits(repository.history, [id])) {
      tips.push(tip);
      refsOf.set(tip, (refsOf.get(tip) ?? new Set()).add(ref));
    }
  try {
    for await (const commit of repository.history.walk({ include: tips })) {
      const refs = refsOf.get(commit.id) ?? new Set();
      for (const parent of commit.parents) {
        const known = refsOf.get(parent) ?? new Set();
        for (const ref of refs) known.add(ref);
        refsOf.set(parent, known);
      }
      refsOf.delete(commit.id);
      for (const digest of await notes.commit(commit)) noteCommit(affected.get(digest), commit, refs);
    }
  } catch (error) {
    if (!isMgitError(error)) throw error; // Where history itself is damaged, that is reported by itself.
  }
  return new Map([...affected].map(([digest, sets]) => [digest, asLists(sets)]));
}

interface Mutable {
  readonly files: Set<string>;
  readonly tensors: Set<string>;
  readonly commits: CommitId[];
  readonly refs: Set<string>;
}

function noteCommit(sets: Mutable | undefined, { id }: Commit, refs: ReadonlySet<string>): void {
  sets?.commits.push(id);
  for (const ref of refs) sets?.refs.add(ref);
}

function asLists({ files, tensors, commits, refs }: Mutable): Affected {
  return { files: [...files].sort(), tensors: [...tensors].sort(), commits, refs: [...refs].sort() };
}

/** Of reachable extents, those that need a bad one, with the bad ones that they need. */
async function badBelow(
  store: Pick<TensorStore, 'describe'>,
  bad: ReadonlySet<Digest>,
  reachable: Iterable<Digest>,
): Promise<ReadonlyMap<Digest, ReadonlySet<Digest>>> {
  const known = new Map<Digest, Set<Digest>>();
  const below = async (digest: Digest): Promise<Set<Digest>> => {
    const seen = known.get(digest);
    if (seen) return seen;
    const found = new Set<Digest>(bad.has(digest) ? [digest] : []);
    known.set(digest, found); // Before the way down: records may refer in circles.
    for (const base of (await store.describe(digest))?.dependsOn ?? [])
      for (const needed of await below(base)) found.add(needed);
    return found;
  };
  const needs = new Map<Digest, ReadonlySet<Digest>>();
  for (const digest of reachable) {
    const found = await below(digest);
    if (found.size > 0) needs.set(digest, found);
  }
  return needs;
}

/** Notes the files and tensors of the bad extents that manifests need, and tells which these are. */
interface ManifestNotes {
  file(path: string, id: ObjectId): Promise<Iterable<Digest>>;
  commit(commit: Commit): Promise<Iterable<Digest>>;
}

/** Each blob and each tree is read once. */
function manifestNotes(
  { history }: Repository,
  needs: ReadonlyMap<Digest, ReadonlySet<Digest>>,
  affected: Map<Digest, Mutable>,
): ManifestNotes {
  const byTree = new Map<ObjectId, ReadonlySet<Digest>>();
  const byBlob = new Map<ObjectId, ReadonlyMap<Digest, ReadonlySet<string>>>();
  const setsOf = (digest: Digest): Mutable => {
    const sets = affected.get(digest) ?? {
      ...{ files: new Set<string>(), tensors: new Set<string>() },
      ...{ commits: [], refs: new Set<string>() },
    };
    affected.set(digest, sets);
    return sets;
  };
  const inBlob = async (id: ObjectId): Promise<ReadonlyMap<Digest, ReadonlySet<string>>> =>
    byBlob.get(id) ??
    (await history
      .readBlob(id)
      .then(bytes => tensorsNeeding(bytes, needs))
      .catch(unread));
  const file = async (path: string, id: ObjectId): Promise<Iterable<Digest>> => {
    const found = await inBlob(id);
    byBlob.set(id, found);
    for (const [digest, tensors] of found) {
      setsOf(digest).files.add(path);
      for (const tensor of tensors) setsOf(digest).tensors.add(tensor);
    }
    return found.keys();
  };
  const ofTree = async (tree: ObjectId): Promise<ReadonlySet<Digest>> => {
    const all = new Set<Digest>();
    for (const { path, id, mode } of await history.listTree(tree))
      if ((mode & 0o170000) === 0o100000) for (const digest of await file(path, id)) all.add(digest);
    return all;
  };
  return {
    file,
    commit: async ({ tree }) => {
      const found = byTree.get(tree) ?? (await ofTree(tree));
      byTree.set(tree, found);
      return found;
    },
  };
}

/** A file that cannot be read is a problem of its own. */
function unread(error: unknown): ReadonlyMap<Digest, ReadonlySet<string>> {
  if (!isMgitError(error)) throw error;
  return new Map();
}

function tensorsNeeding(
  blob: Uint8Array,
  needs: ReadonlyMap<Digest, ReadonlySet<Digest>>,
): ReadonlyMap<Digest, ReadonlySet<string>> {
  const found = new Map<Digest, Set<string>>();
  if (!looksLikeManifest(blob)) return found;
  const manifest = parseManifest(blob);
  for (const { digest } of manifest.extents)
    for (const bad of needs.get(digest) ?? []) found.set(bad, found.get(bad) ?? new Set());
  for (const { name, extent } of manifest.tensors)
    for (const bad of needs.get(extent.digest) ?? []) found.get(bad)?.add(name);
  return found;
}
