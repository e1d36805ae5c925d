import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { LONGEST_REASON, type Tombstone } from '../../store/extents/purged.ts';
import { configuredIdentity } from '../../store/history/identity.ts';
import type { Repository } from '../repository.ts';
import { type PurgePlace, planPlace, purgePlace } from './purge-place.ts';
import { type OutOfReach, purgeRemotes } from './purge-remotes.ts';
import { type PurgeTarget, purgeTargets } from './purge-targets.ts';

/** What to take down, and whether to do it. */
export interface PurgeRequest extends LongOperation, PurgeTarget {
  /** Without it nothing changes. */
  readonly isConfirmed: boolean;
  /** Even what the tip of a protected branch needs. */
  readonly force?: boolean;
  /** Shown to whoever asks for it later. */
  readonly reason?: string | undefined;
}

/** What was, or would be, taken down. */
export interface PurgeResult {
  readonly digests: readonly Digest[];
  readonly isDone: boolean;
  /** This repository, then each remote on a path. */
  readonly places: readonly PurgePlace[];
  /** Where the bytes may still be. */
  readonly outOfReach: readonly OutOfReach[];
}

/**
 * Takes extents down: here, and in the packs of remotes that lie on a path. From then on they are `EXTENT_PURGED`, and neither fetched nor
 * added again. Errors: `USAGE`, `BRANCH_PROTECTED`, `EXTENT_UNKNOWN`, `IDENTITY_UNKNOWN`, as {@link purgeTargets}, {@link planPlace} and
 * {@link purgePlace}.
 */
export async function purgeExtents(repository: Repository, request: PurgeRequest): Promise<PurgeResult> {
  if ((request.reason?.length ?? 0) > LONGEST_REASON)
    throw new MgitError('USAGE', `a reason has at most ${LONGEST_REASON} characters`);
  const digests = await purgeTargets(repository, request);
  const { reached, outOfReach: others } = await purgeRemotes(repository);
  try {
    const places = [{ repository, plan: await planPlace(repository, digests, null) }];
    for (const remote of reached)
      places.push({ ...remote, plan: await planPlace(remote.repository, digests, remote.name) });
    const plans = places.map(({ plan }) => plan);
    refuseUnknown(digests, plans);
    const held = new Set(plans[0]?.plan.packs);
    const outOfReach = others.map(({ packs, ...other }) => ({
      ...other,
      objects: packs.flatMap(({ id, oid }) => (held.has(id) ? [oid] : [])),
    }));
    const result = { digests: [...digests], outOfReach };
    if (!request.isConfirmed) return { ...result, isDone: false, places: plans };
    if (!request.force) refuseProtectedTips(plans);
    const tombstone = await tombstoneOf(repository, request.reason);
    const done: PurgePlace[] = [];
    // Remotes first: while they have it, what was taken down here could be asked for again.
    for (const { repository: at, plan } of places.toReversed())
      done.unshift(await purgePlace(at, plan, { ...longOf(request), digests, tombstone }));
    return { ...result, isDone: true, places: done };
  } finally {
    for (const remote of reached) await remote.repository[Symbol.asyncDispose]();
  }
}

function longOf({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

function refuseUnknown(digests: ReadonlySet<Digest>, places: readonly PurgePlace[]): void {
  const known = new Set(
    places.flatMap(({ plan, touches }) => [...plan.stored, ...touches.map(({ digest }) => digest)]),
  );
  const [unknown] = [...digests].filter(digest => !known.has(digest));
  if (unknown !== undefined)
    throw new MgitError(
      'EXTENT_UNKNOWN',
      `no pack holds ${unknown}, and no file that a ref reaches needs it`,
    );
}

function refuseProtectedTips(places: readonly PurgePlace[]): void {
  const names = places.flatMap(({ remote, protectedBranches }) =>
    protectedBranches.map(branch => (remote === null ? branch : `${branch} of ${remote}`)),
  );
  if (names.length === 0) return;
  throw new MgitError('BRANCH_PROTECTED', `the tip of a protected branch needs it: ${names.join(', ')}`, {
    hint: 'land a version without it first; --force breaks the branch',
    details: { branches: names },
  });
}

async function tombstoneOf({ ports, history }: Repository, reason = ''): Promise<Tombstone> {
  const { name, email } = await configuredIdentity(ports, key => history.config(key), 'committer');
  const time = new Date(ports.clock.now()).toISOString();
  return { by: `${name} <${email}>`, time, reason: reason.trim() || null };
}
