import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId, PackId } from '../../base/ids.ts';
import { digestReader, digestsOfTips } from '../../remote/digests-of-commits.ts';
import { heldExtents } from '../../remote/held-extents.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { addPointers, listPublishedPacks, PACKS_REF, readPublishedPacks } from '../../remote/packs-ref.ts';
import type { PackPointer } from '../../remote/pointer.ts';
import { publishSharedRef } from '../../remote/publish-ref.ts';
import { catalogue } from '../../remote/records/catalogue.ts';
import { type Remote, sharedRefCopy, transferName } from '../../remote/remote.ts';
import { sendPacks } from '../../remote/send-packs.ts';
import type { RefUpdate, RemoteRef } from '../../store/history/history.ts';
import { RECORD_KINDS } from '../../store/packs/records.ts';
import { mergeReportTrees, REPORTS_REF } from '../gate/reports.ts';
import { withoutPurged } from '../maintenance/drop-purged.ts';
import type { Repository } from '../repository.ts';
import { offeredCommit } from './fetch-shared.ts';
import { peeledCommits } from './peeled-commits.ts';
import type { PlannedRef } from './push-plan.ts';
import type { RemotePacks } from './remote-pointers.ts';

/** Sends the packs that planned refs need, then advances the remote's packs ref by union. */
export async function pushPacks(
  repository: Repository,
  remote: Remote,
  what: { readonly plan: readonly PlannedRef[]; readonly offered: readonly RemoteRef[] },
  options: LongOperation,
): Promise<{ readonly ids: readonly PackId[]; readonly bytes: number }> {
  const { history } = repository;
  const tips = await peeledCommits(
    history,
    what.plan.flatMap(({ new: id }) => (id === null ? [] : [id])),
  );
  const exclude = await peeledCommits(
    history,
    what.offered.filter(isOfCommits).map(({ id }) => id),
  );
  const digests = await withoutPurged(repository, await digestsOfTips(history, { tips, exclude }));
  if (digests.size === 0) return { ids: [], bytes: 0 };
  const released = await releasedExtents(repository, what.plan);
  const published = await publishedPacks(repository, remote, what.offered, options);
  const backend = await openBackend(repository, remote, 'push');
  const demand = {
    digests,
    heldByRemote: await heldByRemote(repository, exclude),
    published: await listPublishedPacks(history, published),
    heldInPacks: await heldInPacks(repository, { backend, published, digests, released }, options),
  };
  const { pointers, sent, bytes } = await sendPacks(repository, backend, demand, options);
  if (pointers.length > 0) await publishPointers(repository, remote, { published, pointers }, options);
  return { ids: sent.map(pointer => pointer.id), bytes };
}

/** The extents of releases (annotated tags) that are stored here as they are. */
async function releasedExtents(
  { history, store }: Repository,
  plan: readonly PlannedRef[],
): Promise<ReadonlySet<Digest>> {
  const reader = digestReader(history);
  const released = new Set<Digest>();
  for (const { ref, new: id, status } of plan) {
    if (id === null || status === 'up-to-date' || !ref.startsWith('refs/tags/')) continue;
    const [commit] = await peeledCommits(history, [id]);
    if (commit === undefined || commit === id) continue;
    for (const digest of await reader.read(commit))
      if ((await store.describe(digest))?.kind !== 'recipe') released.add(digest);
  }
  return released;
}

/**
 * Local packs are not those of a remote after a `gc` or a `repack`, and in a partial clone: what its packs hold anyway must not be sent
 * again. The indexes of those that are not here are looked through where something is in no pack that both have. Where they hold but the recipe of
 * what is released, that does not count.
 */
async function heldInPacks(
  repository: Repository,
  {
    backend,
    published,
    digests,
    released,
  }: { readonly digests: ReadonlySet<Digest>; readonly released: ReadonlySet<Digest> } & RemotePacks,
  options: LongOperation,
): Promise<ReadonlySet<Digest>> {
  const pointers = await readPublishedPacks(repository.history, published);
  if (pointers.length === 0) return new Set();
  const packs = catalogue(repository, backend, pointers, options.signal);
  const holdings = { published: new Set(pointers.map(({ id }) => id)), packs };
  const held = await heldExtents(repository.store, holdings, digests);
  const heldReleased = [...released].filter(digest => held.has(digest));
  if (heldReleased.length === 0) return held;
  const computed = await packs.find(heldReleased);
  const isRecipe = (digest: Digest): boolean => computed.get(digest)?.[0]?.kind === RECORD_KINDS.recipe; // What needs no other record comes first.
  return new Set([...held].filter(digest => !isRecipe(digest)));
}

/** Refs below `refs/mgit/` hold no models. */
function isOfCommits({ ref }: RemoteRef): boolean {
  return ref !== PACKS_REF && ref !== REPORTS_REF;
}

async function heldByRemote(repository: Repository, tips: readonly CommitId[]): Promise<ReadonlySet<Digest>> {
  const reader = digestReader(repository.history);
  const held = new Set<Digest>();
  for (const tip of tips) for (const digest of await reader.read(tip)) held.add(digest);
  return held;
}

/** The remote's commit of the packs ref, its objects here. */
async function publishedPacks(
  repository: Repository,
  remote: Remote,
  offered: readonly RemoteRef[],
  options: LongOperation,
): Promise<CommitId | undefined> {
  const id = offeredCommit(offered, PACKS_REF);
  if (id) await fetchUnlessKnown(repository, remote, { ref: PACKS_REF, id }, options);
  return id;
}

async function publishPointers(
  repository: Repository,
  remote: Remote,
  what: { readonly published: CommitId | undefined; readonly pointers: readonly PackPointer[] },
  options: LongOperation,
): Promise<void> {
  const { history, ports } = repository;
  const seconds = Math.floor(ports.clock.now() / 1000);
  const target = await publishSharedRef(
    repository,
    transferName(remote, 'push'),
    {
      ref: PACKS_REF,
      published: what.published,
      next: base => addPointers(history, base, { pointers: what.pointers, seconds }),
    },
    transferOptions(options),
  );
  const copy = sharedRefCopy(remote, 'packs');
  if (copy && target) await history.updateRefs([{ ref: copy, target }], 'update by push');
}

/** Unites the local reports with those of the remote, on both sides. */
export async function pushReports(
  repository: Repository,
  remote: Remote,
  offered: readonly RemoteRef[],
  options: LongOperation,
): Promise<void> {
  const { history } = repository;
  const local = (await history.readRef(REPORTS_REF)) as CommitId | undefined;
  const published = offeredCommit(offered, REPORTS_REF);
  if (local === undefined || local === published) return;
  if (published) await fetchUnlessKnown(repository, remote, { ref: REPORTS_REF, id: published }, options);
  const next = (base: CommitId | undefined) => mergeReportTrees(history, base, local);
  const to = transferName(remote, 'push');
  const target = await publishSharedRef(
    repository,
    to,
    { ref: REPORTS_REF, published, next },
    transferOptions(options),
  );
  if (target === undefined) return;
  const updates: RefUpdate[] = [];
  const copy = sharedRefCopy(remote, 'reports');
  if (copy) updates.push({ ref: copy, target });
  if (target !== local) updates.push({ ref: REPORTS_REF, target, expected: local });
  if (updates.length > 0) await history.updateRefs(updates, 'update by push');
}

async function fetchUnlessKnown(
  { history }: Repository,
  remote: Remote,
  wanted: { readonly ref: string; readonly id: ObjectId },
  options: LongOperation,
): Promise<void> {
  const copy = sharedRefCopy(remote, wanted.ref === PACKS_REF ? 'packs' : 'reports');
  if (copy && (await history.readRef(copy)) === wanted.id) return;
  await history.fetchObjects(transferName(remote, 'push'), [wanted], transferOptions(options));
}

function transferOptions({ signal }: LongOperation): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}
