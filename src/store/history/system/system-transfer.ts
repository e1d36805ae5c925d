import { isMgitError, MgitError } from '../../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../../base/ids.ts';
import type { History, PushRefResult, PushRefSpec, RemoteRef, TransferOptions } from '../history.ts';
import { checkRefName } from '../ref-names.ts';
import { remoteAuth, remoteNotFound, remoteUnreachable } from '../remote-errors.ts';
import {
  firstComplaint,
  type GitOptions,
  type GitProgram,
  type GitResult,
  gitFailed,
} from './git-program.ts';

type TransferMethods = Pick<History, 'listRemoteRefs' | 'fetchObjects' | 'pushRefs'>;

/** Transfer by git: every transport, proxy and credential helper that the user configured. */
export function systemTransfer(git: GitProgram, isAncestor: History['isAncestor']): TransferMethods {
  return {
    listRemoteRefs: async (remote, options = {}) => {
      const result = await git.run(['ls-remote', '--symref', '--', checked(remote)], {
        allow: FAILURES,
        ...transferOptions(options),
      });
      return parseRemoteRefs(succeeded(remote, result).stdout);
    },
    fetchObjects: async (remote, refs, options = {}) => {
      if (refs.length === 0) return;
      const args = [...FETCH, ...(options.depth === undefined ? [] : [`--depth=${options.depth}`])];
      if (options.onMessage) args.push('--progress');
      const stdin = refs.map(({ id }) => `${parseObjectId(id)}\n`).join('');
      const result = await git.run([...args, '--stdin', '--', checked(remote)], {
        stdin,
        allow: FAILURES,
        ...transferOptions(options),
      });
      succeeded(remote, result);
    },
    pushRefs: (remote, refs, options = {}) => pushRefs({ git, isAncestor }, { remote, refs, options }),
  };
}

const FAILURES = [1, 128];
/** Objects only: no ref, no FETCH_HEAD, no tags, nothing pruned. */
const FETCH = [
  'fetch',
  '--no-write-fetch-head',
  '--no-tags',
  '--no-prune',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--refmap=',
];
/** `--no-verify`: the caller runs the user's pre-push hook; git-lfs's would reject manifests' pack pointers. */
const PUSH = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'];

interface Push {
  readonly remote: string;
  readonly refs: readonly PushRefSpec[];
  readonly options: TransferOptions;
}

async function pushRefs(
  { git, isAncestor }: { readonly git: GitProgram; readonly isAncestor: History['isAncestor'] },
  { remote, refs, options }: Push,
): Promise<readonly PushRefResult[]> {
  for (const { ref } of refs) checkRefName(ref);
  const refused = new Map<string, string>();
  for (const spec of refs) if (await isRewind(isAncestor, spec)) refused.set(spec.ref, 'not a fast-forward');
  const sent = refs.filter(({ ref }) => !refused.has(ref));
  const answers = sent.length === 0 ? new Map() : await send(git, { remote, refs: sent, options });
  return refs.map(
    ({ ref }) => answers.get(ref) ?? { ref, ok: false, reason: refused.get(ref) ?? 'no answer' },
  );
}

/** A lease makes git skip its own check for fast-forwards, so it is made here. */
async function isRewind(isAncestor: History['isAncestor'], spec: PushRefSpec): Promise<boolean> {
  if (spec.force || spec.source === null || !spec.expected || spec.ref.startsWith('refs/tags/')) return false;
  try {
    return !(await isAncestor(spec.expected as never, spec.source as never));
  } catch (error) {
    if (isMgitError(error, 'OBJECT_MISSING')) return true; // Someone else's commit, not fetched yet.
    throw error;
  }
}

async function send(git: GitProgram, { remote, refs, options }: Push): Promise<Map<string, PushRefResult>> {
  const leases = refs
    .filter(({ expected }) => expected !== undefined)
    .map(({ ref, expected }) => `--force-with-lease=${ref}:${expected ?? ''}`);
  // A lease implies force; a plus sign would overrule the lease.
  const specs = refs.map(({ source, ref, force, expected }) => {
    const plus = force && expected === undefined ? '+' : '';
    return `${plus}${source === null ? '' : parseObjectId(source)}:${ref}`;
  });
  const progress = options.onMessage ? ['--progress'] : [];
  // By URL, so that git moves no remote-tracking ref: that is the caller's transaction.
  const url = await pushUrl(git, remote);
  const args = [...PUSH, ...progress, ...leases, '--', url, ...specs];
  const result = await git.run(args, { allow: FAILURES, ...transferOptions(options) });
  const answers = parsePushAnswers(result.stdout);
  if (answers.size === 0) succeeded(remote, result);
  return answers;
}

async function pushUrl(git: GitProgram, remote: string): Promise<string> {
  const { code, stdout } = await git.run(['remote', 'get-url', '--push', '--', checked(remote)], {
    allow: [2, 128],
  });
  return code === 0 ? (stdout.split('\n')[0] ?? remote) : remote;
}

/** `<flag>\t<source>:<ref>\t<summary> (<reason>)` */
function parsePushAnswers(stdout: string): Map<string, PushRefResult> {
  const answers = new Map<string, PushRefResult>();
  for (const line of stdout.split('\n')) {
    const match = /^([ +\-*!=])\t[^\t]*:([^\t]+)\t(.*)$/.exec(line);
    if (!match) continue;
    const [, flag, ref = '', summary = ''] = match;
    const reason = /\((.*)\)$/.exec(summary)?.[1] ?? summary;
    answers.set(ref, flag === '!' ? { ref, ok: false, reason } : { ref, ok: true });
  }
  return answers;
}

/** `ref: <target>\t<ref>` for symbolic refs, `<id>\t<tag>^{}` for what annotated tags name, `<id>\t<ref>`. */
function parseRemoteRefs(stdout: string): readonly RemoteRef[] {
  const symbolic = new Map<string, string>();
  const peeled = new Map<string, ObjectId>();
  const refs: { ref: string; id: ObjectId }[] = [];
  for (const line of stdout.split('\n')) {
    const [left = '', ref = ''] = line.split('\t');
    if (left.startsWith('ref: ')) symbolic.set(ref, left.slice(5));
    else if (ref.endsWith('^{}')) peeled.set(ref.slice(0, -3), parseObjectId(left));
    else if (ref !== '') refs.push({ ref, id: parseObjectId(left) });
  }
  return refs.map(found => {
    const symbolicTarget = symbolic.get(found.ref);
    const target = peeled.get(found.ref);
    return { ...found, ...(symbolicTarget ? { symbolicTarget } : {}), ...(target ? { peeled: target } : {}) };
  });
}

function transferOptions({ signal, onMessage }: TransferOptions): GitOptions {
  return { ...(signal ? { signal } : {}), ...(onMessage ? { onStderr: onMessage } : {}) };
}

/** A remote that begins with `-` would be read as an option by the programs that git starts. */
function checked(remote: string): string {
  if (remote !== '' && !remote.startsWith('-')) return remote;
  throw new MgitError('REMOTE_INVALID', `${JSON.stringify(remote)} is neither a URL nor a remote's name`);
}

function succeeded(remote: string, result: GitResult): GitResult {
  if (result.code === 0) return result;
  const { stderr } = result;
  const said = firstComplaint(stderr);
  if (AUTH.test(stderr)) throw remoteAuth(remote, said);
  if (NOT_FOUND.test(stderr)) throw remoteNotFound(remote, said);
  if (UNREACHABLE.test(stderr)) throw remoteUnreachable(remote, said);
  throw gitFailed(['transfer'], result);
}

const AUTH =
  /Authentication failed|could not read (?:Username|Password)|Permission denied|returned error: 40[13]|Host key verification failed|dubious ownership/i;
const NOT_FOUND =
  /does not appear to be a git repository|repository '[^']*' (?:not found|does not exist)|returned error: 404|Repository not found|No such remote/i;
const UNREACHABLE =
  /unable to access|Could not resolve|Connection (?:refused|timed out|reset|closed)|Network is unreachable|unable to connect|early EOF|hung up unexpectedly|RPC failed/i;
