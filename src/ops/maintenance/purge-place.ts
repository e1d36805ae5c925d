import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, PackId } from '../../base/ids.ts';
import { pointerOfPack } from '../../remote/pack-pointer-of.ts';
import { PACKS_REF, replacePointers } from '../../remote/packs-ref.ts';
import type { Tombstone } from '../../store/extents/purged.ts';
import type { PurgePlan } from '../../store/maintenance/purge.ts';
import { protectionOf, readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { peeledCommits } from '../transfer/peeled-commits.ts';
import { affectedBy } from './affected.ts';
import { removeStaleCaches } from './caches.ts';
import type { Affected } from './fsck-problem.ts';
import { entriesOf } from './git-directories.ts';
import { stagedFiles } from './staged-files.ts';

/** What a purge means for one repository. */
export interface PurgePlace {
  /** The remote's name; null for this repository. */
  readonly remote: string | null;
  /** Its Git directory. */
  readonly location: string;
  /** The files, tensors, commits and refs that name the extents: they cannot be read any more. */
  readonly touches: readonly (Affected & { readonly digest: Digest })[];
  /** Protected branches whose tips need one of them. */
  readonly protectedBranches: readonly string[];
  readonly plan: PurgePlan;
  /** Damaged packs, put aside by a repair: nobody looks into them. */
  readonly quarantined: number;
  /** Packs that are gone, and those that hold the rest of them. Empty before anything happens. */
  readonly removed: readonly PackId[];
  readonly written: readonly PackId[];
}

/** Looks at what would happen, and changes nothing. Errors: those of reading refs, history and packs. */
export async function planPlace(
  repository: Repository,
  digests: ReadonlySet<Digest>,
  remote: string | null,
): Promise<PurgePlace> {
  const { store, history, ports, mgitDirectory } = repository;
  const roots = { refs: await history.listRefs('refs/'), staged: await stagedFiles(repository) };
  // What is computed from them is stored once more, and so untouched.
  const named = { describe: async () => undefined };
  const affected = await affectedBy(repository, named, { bad: digests, reachable: digests, roots });
  return {
    remote,
    location: history.gitDirectory,
    touches: [...affected].map(([digest, touched]) => ({ digest, ...touched })),
    protectedBranches: await protectedBranches(repository, affected),
    plan: await store.maintenance.planPurge(digests),
    quarantined: (await entriesOf(ports.fs, `${mgitDirectory}/quarantine`)).length,
    removed: [],
    written: [],
  };
}

/**
 * Takes extents down in one repository. The tombstones are durable first: whatever interrupts the rest, running it again completes it.
 * Errors: `STORE_LOCKED`, `STORE_CHANGED`, those of reading what is computed from them.
 */
export async function purgePlace(
  repository: Repository,
  place: PurgePlace,
  { digests, tombstone, ...long }: LongOperation & { digests: ReadonlySet<Digest>; tombstone: Tombstone },
): Promise<PurgePlace> {
  const { store } = repository;
  await store.require(place.plan.unreadable, long);
  await store.purged.bury(digests, tombstone);
  const { plan, written, removed } = await store.maintenance.purge(digests, long);
  if (removed.length > 0) await offerInstead(repository, { written, removed });
  await removeStaleCaches(repository, false);
  return { ...place, plan, written, removed };
}

async function protectedBranches(
  { history }: Repository,
  affected: ReadonlyMap<Digest, Affected>,
): Promise<readonly string[]> {
  const commits = new Set([...affected.values()].flatMap(touched => touched.commits));
  const branches: string[] = [];
  for (const { ref, id } of await history.listRefs('refs/heads/'))
    for (const tip of await peeledCommits(history, [id]))
      if (commits.has(tip) && protectionOf(await readProjectFile(history, tip), ref) !== undefined)
        branches.push(ref.replace(/^refs\/heads\//, ''));
  return branches;
}

/** Where others fetch from here, they are offered the new packs in place of the old ones. */
async function offerInstead(
  repository: Repository,
  { written, removed }: { readonly written: readonly PackId[]; readonly removed: readonly PackId[] },
): Promise<void> {
  const { history, ports } = repository;
  const base = (await history.readRef(PACKS_REF)) as CommitId | undefined;
  if (base === undefined) return;
  const added = [];
  for (const id of written) added.push(await pointerOfPack(repository, id));
  const seconds = Math.floor(ports.clock.now() / 1000);
  const target = await replacePointers(history, base, { removed: new Set(removed), added, seconds });
  if (target) await history.updateRefs([{ ref: PACKS_REF, target, expected: base }], 'purge');
}
