import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { digestsOfTips } from '../../remote/digests-of-commits.ts';
import type { RecordKind } from '../../store/packs/records.ts';
import { listModels } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { reachableExtents } from './reachable.ts';
import { readRoots } from './roots.ts';

/** Stored bytes of some extents, and the bytes that they stand for. */
export interface Usage {
  readonly extents: number;
  readonly storedBytes: number;
  readonly bytes: number;
}

/** Where the bytes of a store are. */
export interface DiskUsage {
  /** Bytes of all pack files. */
  readonly packBytes: number;
  readonly packs: number;
  /** What refs, reflogs, indexes and so on reach, with what it is computed from. */
  readonly reachable: Usage;
  /** What the packs hold besides: gc removes it when it is old enough. */
  readonly unreachableBytes: number;
  readonly kinds: readonly (Usage & { readonly kind: RecordKind })[];
  /** By what the history of each branch needs: `exclusive` is what no other branch needs. */
  readonly branches: readonly { readonly branch: string; readonly all: Usage; readonly exclusive: Usage }[];
  /** Of the models at `HEAD`, the tensors that take most, each where it is named first. */
  readonly tensors: readonly (Usage & { readonly path: string; readonly tensor: string })[];
}

interface Sized {
  readonly kind: RecordKind;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly dependsOn: readonly Digest[];
}

/** Tells where the bytes are. `tensors` says how many of the largest tensors are listed. */
export async function diskUsage(
  repository: Repository,
  { tensors, ...options }: LongOperation & { readonly tensors: number },
): Promise<DiskUsage> {
  const { store, ports } = repository;
  const ids = await store.listPacks();
  let packBytes = 0;
  for (const id of ids) packBytes += (await ports.fs.stat(store.packPath(id))).size;
  const sizes = new Map<Digest, Sized>();
  const reached = await reachableExtents(repository, await readRoots(repository), options);
  const closure = await closureOf(repository, sizes, reached);
  const reachable = sum(sizes, closure);
  return {
    packBytes,
    packs: ids.length,
    reachable,
    unreachableBytes: Math.max(0, packBytes - reachable.storedBytes),
    kinds: kindsOf(sizes, closure),
    branches: await branchesOf(repository, sizes),
    tensors: (await tensorsAtHead(repository, sizes)).slice(0, tensors),
  };
}

/** Extents and what they are computed from; notes the size of each. Those that are not stored are left out. */
async function closureOf(
  { store }: Repository,
  sizes: Map<Digest, Sized>,
  digests: Iterable<Digest>,
): Promise<ReadonlySet<Digest>> {
  const found = new Set<Digest>();
  const waiting = [...digests];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (found.has(digest)) continue;
    let sized = sizes.get(digest);
    if (!sized) {
      const info = await store.describe(digest);
      if (!info) continue;
      const { kind, storedLength: storedBytes, length: bytes, dependsOn } = info;
      sized = { kind, storedBytes, bytes, dependsOn };
      sizes.set(digest, sized);
    }
    found.add(digest);
    waiting.push(...sized.dependsOn);
  }
  return found;
}

function sum(sizes: ReadonlyMap<Digest, Sized>, digests: Iterable<Digest>): Usage {
  let [extents, storedBytes, bytes] = [0, 0, 0];
  for (const digest of digests) {
    const sized = sizes.get(digest);
    if (!sized) continue;
    extents++;
    storedBytes += sized.storedBytes;
    bytes += sized.bytes;
  }
  return { extents, storedBytes, bytes };
}

function kindsOf(sizes: ReadonlyMap<Digest, Sized>, digests: ReadonlySet<Digest>): DiskUsage['kinds'] {
  const byKind = Map.groupBy(digests, digest => sizes.get(digest)?.kind ?? 'raw');
  return [...byKind]
    .map(([kind, of]) => ({ kind, ...sum(sizes, of) }))
    .sort((left, right) => right.storedBytes - left.storedBytes);
}

async function branchesOf(repository: Repository, sizes: Map<Digest, Sized>): Promise<DiskUsage['branches']> {
  const needs: { readonly branch: string; readonly digests: ReadonlySet<Digest> }[] = [];
  const users = new Map<Digest, number>();
  for (const { ref, id } of await repository.history.listRefs('refs/heads/')) {
    const named = await digestsOfTips(repository.history, { tips: [id as CommitId], exclude: [] });
    const digests = await closureOf(repository, sizes, named);
    for (const digest of digests) users.set(digest, (users.get(digest) ?? 0) + 1);
    needs.push({ branch: ref.replace(/^refs\/heads\//, ''), digests });
  }
  return needs.map(({ branch, digests }) => ({
    branch,
    all: sum(sizes, digests),
    exclusive: sum(
      sizes,
      [...digests].filter(digest => users.get(digest) === 1),
    ),
  }));
}

async function tensorsAtHead(
  repository: Repository,
  sizes: Map<Digest, Sized>,
): Promise<DiskUsage['tensors'][number][]> {
  const { commit } = await repository.history.head();
  if (commit === undefined) return [];
  const seen = new Set<Digest>();
  const rows: DiskUsage['tensors'][number][] = [];
  for await (const { path, manifest } of listModels(repository, commit))
    for (const { name, extent } of manifest.tensors) {
      if (seen.has(extent.digest)) continue;
      seen.add(extent.digest);
      await closureOf(repository, sizes, [extent.digest]);
      rows.push({ path, tensor: name, ...sum(sizes, [extent.digest]) });
    }
  return rows.sort((left, right) => right.storedBytes - left.storedBytes);
}
