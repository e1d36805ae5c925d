import type { CommitId, ObjectId } from '../../base/ids.ts';
import { mapRef } from '../../remote/refspec.ts';
import type { Remote } from '../../remote/remote.ts';
import type { History, RemoteRef } from '../../store/history/history.ts';
import type { PushTarget } from './push-refspecs.ts';

/** How a ref of the remote is to change. `old` and `new` are null where it does not, or shall not, exist. */
export interface PlannedRef {
  readonly source: string;
  readonly ref: string;
  readonly old: ObjectId | null;
  readonly new: ObjectId | null;
  readonly status: 'new' | 'fast-forward' | 'forced' | 'deleted' | 'up-to-date' | 'rejected';
  /** Why it is rejected. */
  readonly reason?: string;
}

/** How strict a push is: `lease` refuses where the remote moved since it was last fetched. */
export type PushSafety = 'fast-forward' | 'lease' | 'force';

/** Decides what each target does to the remote's refs, before anything is sent. */
export async function planPush(
  history: History,
  remote: Remote,
  what: {
    readonly targets: readonly PushTarget[];
    readonly offered: readonly RemoteRef[];
    readonly safety: PushSafety;
  },
): Promise<readonly PlannedRef[]> {
  const there = new Map(what.offered.map(({ ref, id }) => [ref, id]));
  const plan: PlannedRef[] = [];
  for (const target of what.targets) {
    const old = there.get(target.ref) ?? null;
    const safety = target.force ? 'force' : what.safety;
    const base = { source: target.source, ref: target.ref, old, new: target.id };
    const isStale = safety === 'lease' && (await tracked(history, remote, target.ref)) !== old;
    plan.push({ ...base, ...(isStale ? rejected('stale info') : await judge(history, base, safety)) });
  }
  return plan;
}

type Judgement = Pick<PlannedRef, 'status' | 'reason'>;

async function judge(
  history: History,
  { old, new: id, ref }: Pick<PlannedRef, 'old' | 'new' | 'ref'>,
  safety: PushSafety,
): Promise<Judgement> {
  if (id === null) return old === null ? rejected('the remote has no such ref') : { status: 'deleted' };
  if (old === null) return { status: 'new' };
  if (old === id) return { status: 'up-to-date' };
  if (ref.startsWith('refs/tags/'))
    return safety === 'fast-forward' ? rejected('already exists') : { status: 'forced' };
  if (!(await history.hasObject(old)))
    return safety === 'fast-forward' ? rejected('fetch first') : { status: 'forced' };
  if (await history.isAncestor(old as CommitId, id as CommitId)) return { status: 'fast-forward' };
  return safety === 'fast-forward' ? rejected('non-fast-forward') : { status: 'forced' };
}

function rejected(reason: string): Judgement {
  return { status: 'rejected', reason };
}

/** What the last fetch or push saw. */
async function tracked(history: History, remote: Remote, ref: string): Promise<ObjectId | null> {
  const copy = mapRef(ref, remote.fetch)?.destination;
  return (copy && (await history.readRef(copy))) || null;
}
