import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { PackId } from '../../base/ids.ts';
import { mapRef } from '../../remote/refspec.ts';
import { type Remote, readRemote, transferName } from '../../remote/remote.ts';
import type { PushRefResult, RefUpdate } from '../../store/history/history.ts';
import { withoutPassword } from '../../store/history/remote-errors.ts';
import type { Repository } from '../repository.ts';
import { type PlannedRef, type PushSafety, planPush } from './push-plan.ts';
import { type PushTarget, pushTargets } from './push-refspecs.ts';
import { pushPacks, pushReports } from './push-shared.ts';
import { defaultRemote, setUpstream } from './upstream.ts';

/** What to push, and how carefully. */
export interface PushOptions extends LongOperation {
  /** A configured name or a URL; default: where the current branch is pushed to, else `origin`. */
  readonly remote?: string | undefined;
  readonly refspecs?: readonly string[];
  readonly safety?: PushSafety;
  readonly delete?: boolean;
  readonly tags?: boolean;
  readonly setUpstream?: boolean;
  /** Run the pre-push hook (default true). */
  readonly verify?: boolean;
  readonly dryRun?: boolean;
}

/** What a push did. `packs.bytes` is what was moved; packs that the remote had already count nowhere. */
export interface PushResult {
  readonly remote: string;
  readonly url: string;
  readonly refs: readonly PlannedRef[];
  readonly packs: { readonly ids: readonly PackId[]; readonly bytes: number };
}

/**
 * Sends packs, then their pointers, then reports, then branches and tags: whatever is interrupted, the remote never names what it does
 * not have, and the next push goes on. Errors: `PUSH_REJECTED` (after the rest was pushed; results in `details.refs`), `HOOK_FAILED`,
 * `EXTENT_MISSING`; as {@link pushTargets} and the transports.
 */
export async function pushRemote(repository: Repository, options: PushOptions = {}): Promise<PushResult> {
  const { history } = repository;
  const remote = await readRemote(history, options.remote ?? (await defaultRemote(history, 'push')));
  const to = transferName(remote, 'push');
  const offered = await history.listRemoteRefs(to, transferOptions(options));
  const targets = await pushTargets(history, remote, requestOf(options), offered);
  const plan = await planPush(history, remote, {
    targets,
    offered,
    safety: options.safety ?? 'fast-forward',
  });
  const accepted = plan.filter(({ status }) => status !== 'rejected');
  const url = withoutPassword(remote.pushUrl);
  const result = { remote: remote.name ?? url, url };
  if (accepted.length === 0) throw rejection({ ...result, refs: plan, packs: NO_PACKS });
  if (options.dryRun) return { ...result, refs: plan, packs: NO_PACKS };
  await runHook(repository, remote, accepted, options);
  const packs = await pushPacks(repository, remote, { plan: accepted, offered }, options);
  await pushReports(repository, remote, offered, options);
  const answers = await pushRefs(repository, to, accepted, options);
  const refs = plan.map(planned => answered(planned, answers));
  await remember(repository, remote, { refs, targets }, options);
  const done = { ...result, refs, packs };
  if (refs.some(({ status }) => status === 'rejected')) throw rejection(done);
  return done;
}

const NO_PACKS = { ids: [], bytes: 0 };

function transferOptions({ signal }: LongOperation): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function requestOf(options: PushOptions) {
  return {
    refspecs: options.refspecs ?? [],
    delete: options.delete ?? false,
    tags: options.tags ?? false,
    isExplicit: options.remote !== undefined || options.setUpstream === true,
  };
}

/** Source: githooks(5), "pre-push". */
async function runHook(
  { history }: Repository,
  remote: Remote,
  plan: readonly PlannedRef[],
  options: PushOptions,
): Promise<void> {
  const changes = plan.filter(({ status }) => status !== 'up-to-date');
  if (options.verify === false || changes.length === 0) return;
  const zero = '0'.repeat((changes[0]?.new ?? changes[0]?.old ?? '').length || 40);
  const lines = changes.map(
    ({ source, ref, old, new: id }) => `${source || '(delete)'} ${id ?? zero} ${ref} ${old ?? zero}\n`,
  );
  const args = [remote.name ?? remote.pushUrl, remote.pushUrl];
  if (await history.runHook('pre-push', args, lines.join(''))) return;
  throw new MgitError('HOOK_FAILED', 'the pre-push hook refuses this push', {
    hint: 'see what it printed; --no-verify leaves it out',
  });
}

async function pushRefs(
  { history }: Repository,
  to: string,
  plan: readonly PlannedRef[],
  options: PushOptions,
): Promise<ReadonlyMap<string, PushRefResult>> {
  const specs = plan
    .filter(({ status }) => status !== 'up-to-date')
    .map(({ ref, old, new: source, status }) => ({
      source,
      ref,
      expected: old,
      ...(status === 'forced' ? { force: true } : {}),
    }));
  const results = specs.length === 0 ? [] : await history.pushRefs(to, specs, transferOptions(options));
  return new Map(results.map(result => [result.ref, result]));
}

function answered(planned: PlannedRef, answers: ReadonlyMap<string, PushRefResult>): PlannedRef {
  const answer = answers.get(planned.ref);
  if (!answer || answer.ok) return planned;
  return { ...planned, status: 'rejected', reason: answer.reason ?? 'no reason given' };
}

/** Tracking refs follow what was pushed. */
async function remember(
  { history }: Repository,
  remote: Remote,
  done: { readonly refs: readonly PlannedRef[]; readonly targets: readonly PushTarget[] },
  options: PushOptions,
): Promise<void> {
  const updates: RefUpdate[] = [];
  for (const { ref, new: target, status } of done.refs) {
    const copy = status === 'rejected' ? undefined : mapRef(ref, remote.fetch)?.destination;
    if (copy && (await history.readRef(copy)) !== (target ?? undefined)) updates.push({ ref: copy, target });
  }
  if (updates.length > 0) await history.updateRefs(updates, 'update by push');
  if (!options.setUpstream || remote.name === undefined) return;
  for (const { branch, ref } of done.targets)
    if (branch !== undefined) await setUpstream(history, branch, { remote: remote.name, ref });
}

function rejection(result: PushResult): MgitError {
  const refused = result.refs.filter(({ status }) => status === 'rejected');
  const list = refused
    .map(({ ref, reason }) => `${ref.replace(/^refs\/heads\//, '')} (${reason})`)
    .join(', ');
  const isBehind = refused.some(({ reason }) => /fetch first|fast-forward|stale info/.test(reason ?? ''));
  return new MgitError('PUSH_REJECTED', `${result.remote} did not take ${list}`, {
    hint: isBehind
      ? 'the remote has commits that you do not: run mgit pull, then push again'
      : 'see the reason that the remote gives',
    details: { ...result },
  });
}
