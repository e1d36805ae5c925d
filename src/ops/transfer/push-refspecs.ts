import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import { parseRefspec, type Refspec } from '../../remote/refspec.ts';
import type { Remote } from '../../remote/remote.ts';
import type { History, RemoteRef } from '../../store/history/history.ts';
import { offeredRef } from './fetch-refs.ts';
import { currentBranch, upstreamOf } from './upstream.ts';

/** One ref to push. `id` null deletes. `branch` is the local branch that is pushed, if it is one. */
export interface PushTarget {
  readonly source: string;
  readonly id: ObjectId | null;
  readonly ref: string;
  readonly force: boolean;
  readonly branch: string | undefined;
}

/** What names the refs of a push. */
export interface PushRequest {
  readonly refspecs: readonly string[];
  readonly delete: boolean;
  readonly tags: boolean;
  /** The remote was named, or `-u` was given: then a branch without an upstream goes to its own name. */
  readonly isExplicit: boolean;
}

/** The refs of a push. Errors: `REFSPEC_INVALID`, `REVISION_UNKNOWN`, `UPSTREAM_MISSING`, `HEAD_DETACHED`. */
export async function pushTargets(
  history: History,
  remote: Remote,
  request: PushRequest,
  offered: readonly RemoteRef[],
): Promise<readonly PushTarget[]> {
  const targets: PushTarget[] = [];
  for (const text of request.refspecs)
    targets.push(...(await targetsOf(history, parseRefspec(request.delete ? `:${text}` : text), offered)));
  if (request.refspecs.length === 0 && !request.tags)
    targets.push(await branchTarget(history, remote, request));
  if (request.tags)
    for (const { ref, id } of await history.listRefs('refs/tags/'))
      if (!targets.some(target => target.ref === ref))
        targets.push({ source: ref, id, ref, force: false, branch: undefined });
  return targets;
}

async function targetsOf(
  history: History,
  spec: Refspec,
  offered: readonly RemoteRef[],
): Promise<readonly PushTarget[]> {
  if (spec.negative) throw invalid('a push takes no negative refspecs');
  if (spec.source.includes('*')) return patternTargets(history, spec);
  if (spec.source === '') return [deletion(spec, offered)];
  const local = await localRef(history, spec.source);
  const id = local?.id ?? (await history.resolveObject(spec.source));
  const ref = destinationOf(spec, local?.ref, offered);
  return [{ source: local?.ref ?? spec.source, id, ref, force: spec.force, branch: branchOf(local?.ref) }];
}

async function patternTargets(history: History, spec: Refspec): Promise<readonly PushTarget[]> {
  const [before = '', after = ''] = spec.source.split('*');
  const refs = await history.listRefs(before.slice(0, before.lastIndexOf('/') + 1));
  return refs
    .filter(({ ref }) => ref.startsWith(before) && ref.endsWith(after))
    .map(({ ref, id }) => {
      const star = ref.slice(before.length, ref.length - after.length);
      const target = (spec.destination || spec.source).replace('*', () => star);
      return { source: ref, id, ref: target, force: spec.force, branch: branchOf(ref) };
    });
}

function deletion(spec: Refspec, offered: readonly RemoteRef[]): PushTarget {
  if (spec.destination === '') throw invalid('":" alone is not supported');
  const ref = offeredRef(offered, spec.destination)?.ref ?? qualify(spec.destination, 'refs/heads/');
  return { source: '', id: null, ref, force: spec.force, branch: undefined };
}

/** A local branch or tag by its short or full name; `HEAD` is the branch it is on. */
async function localRef(
  history: History,
  name: string,
): Promise<{ readonly ref: string; readonly id: ObjectId } | undefined> {
  if (name === 'HEAD' || name === '@') {
    const head = await history.head();
    return head.kind === 'branch' && head.commit ? { ref: head.ref, id: head.commit } : undefined;
  }
  const candidates = name.startsWith('refs/') ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`];
  for (const ref of candidates) {
    const id = await history.readRef(ref);
    if (id !== undefined) return { ref, id };
  }
  return undefined;
}

function destinationOf(spec: Refspec, source: string | undefined, offered: readonly RemoteRef[]): string {
  if (spec.destination === '') {
    if (source === undefined)
      throw invalid(`say where ${spec.source} shall go: ${spec.source}:refs/heads/<branch>`);
    return source;
  }
  const found = offeredRef(offered, spec.destination);
  if (found) return found.ref;
  if (spec.destination.startsWith('refs/')) return spec.destination;
  if (source === undefined) throw invalid(`write the destination in full: refs/heads/${spec.destination}`);
  return qualify(spec.destination, source.startsWith('refs/tags/') ? 'refs/tags/' : 'refs/heads/');
}

function qualify(name: string, prefix: string): string {
  return name.startsWith('refs/') ? name : `${prefix}${name}`;
}

/** The current branch, to the branch that it follows. Source: git-config(1), `push.default` simple. */
async function branchTarget(history: History, remote: Remote, request: PushRequest): Promise<PushTarget> {
  const branch = await currentBranch(history);
  if (branch === undefined)
    throw new MgitError('HEAD_DETACHED', 'HEAD is on no branch, so there is nothing to push by default', {
      hint: 'say what to push: mgit push origin HEAD:refs/heads/<branch>',
    });
  const id = await history.readRef(`refs/heads/${branch}`);
  if (id === undefined)
    throw new MgitError('BRANCH_EMPTY', `${branch} has no commit yet`, { hint: 'commit something first' });
  const upstream = await upstreamOf(history, branch);
  const follows = upstream !== undefined && upstream.remote === remote.name;
  if (!follows && !request.isExplicit && (await history.config('push.autoSetupRemote')) !== 'true')
    throw new MgitError('UPSTREAM_MISSING', `${branch} follows no branch of a remote`, {
      hint: `push it with: mgit push -u ${remote.name ?? 'origin'} ${branch}`,
    });
  const ref = follows ? upstream.ref : `refs/heads/${branch}`;
  return { source: `refs/heads/${branch}`, id, ref, force: false, branch };
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

function invalid(message: string): MgitError {
  return new MgitError('REFSPEC_INVALID', message, { hint: 'see git-push(1) on refspecs' });
}
