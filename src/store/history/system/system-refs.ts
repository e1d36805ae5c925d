import { isMgitError, MgitError } from '../../../base/errors.ts';
import { type CommitId, type ObjectId, parseObjectId } from '../../../base/ids.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import type { Head, History, ReflogEntry, RefUpdate } from '../history.ts';
import { signatureTime } from '../identity.ts';
import { ZERO_ID } from '../objects/object-store.ts';
import { formatTimezone } from '../objects/signature.ts';
import { checkRefName, refConflict } from '../ref-names.ts';
import { readReflog } from '../reflog-file.ts';
import type { GitOptions, GitProgram } from './git-program.ts';
import { refError } from './ref-errors.ts';

type RefMethods = Pick<
  History,
  'head' | 'setHead' | 'readRef' | 'listRefs' | 'updateRefs' | 'reflog' | 'dropReflogEntry'
>;

/** What refs need besides git. */
export interface RefContext extends Pick<History, 'gitDirectory' | 'commonDirectory' | 'config'> {
  readonly ports: Ports;
  readonly git: GitProgram;
}

/** Refs, HEAD and reflogs through git's own plumbing. */
export function systemRefs(context: RefContext): RefMethods {
  const { git } = context;
  return {
    head: () => head(git),
    setHead: (target, reason) => setHead(context, target, reason),
    readRef: ref => readRef(git, ref),
    listRefs: prefix => listRefs(git, prefix),
    updateRefs: (updates, reason) => updateRefs(context, updates, reason),
    reflog: ref => reflog(context, ref),
    dropReflogEntry: (ref, position, expected) => dropReflogEntry(context, { ref, position, expected }),
  };
}

async function head(git: GitProgram): Promise<Head> {
  const symbolic = await git.run(['symbolic-ref', '--quiet', 'HEAD'], { allow: [1] });
  if (symbolic.code === 1) return { kind: 'detached', commit: (await readRef(git, 'HEAD')) as CommitId };
  const ref = symbolic.stdout.trim();
  return { kind: 'branch', ref, commit: (await readRef(git, ref)) as CommitId | undefined };
}

async function setHead(
  context: RefContext,
  target: Parameters<History['setHead']>[0],
  reason: string,
): Promise<void> {
  if ('branch' in target) {
    const ref = target.branch.startsWith('refs/') ? target.branch : `refs/heads/${target.branch}`;
    checkRefName(ref);
    await change(context, ['symbolic-ref', '-m', message(reason), 'HEAD', ref], 'HEAD');
  } else {
    const commit = parseObjectId(target.commit);
    await change(context, ['update-ref', '--no-deref', '-m', message(reason), 'HEAD', commit], 'HEAD');
  }
}

async function readRef(git: GitProgram, ref: string): Promise<ObjectId | undefined> {
  checkRefName(ref);
  // `show-ref --verify` knows no other name outside refs/.
  const args =
    ref === 'HEAD' || ref.startsWith('refs/')
      ? ['show-ref', '--verify', '--hash', '--', ref]
      : ['rev-parse', '--verify', '--quiet', ref];
  const { code, stdout } = await git.run(args, { allow: [1, 128] });
  const id = stdout.trim();
  return code === 0 && id !== '' ? parseObjectId(id) : undefined;
}

async function listRefs(
  git: GitProgram,
  prefix: string,
): Promise<readonly { readonly ref: string; readonly id: ObjectId }[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...(folder === '' ? [] : [folder])];
  const { stdout } = await git.run(args);
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({
      id: parseObjectId(line.slice(0, line.indexOf(' '))),
      ref: line.slice(line.indexOf(' ') + 1),
    }))
    .filter(({ ref }) => ref.startsWith(prefix));
}

async function reflog(context: RefContext, ref: string): Promise<readonly ReflogEntry[]> {
  checkRefName(ref);
  if ((await context.config('extensions.refstorage')) === 'reftable')
    throw new MgitError('REPOSITORY_UNSUPPORTED', 'the logs of a reftable repository cannot be read', {
      hint: 'run `git refs migrate --ref-format=files`',
    });
  const shared = ref.startsWith('refs/') && !/^refs\/(?:bisect|worktree|rewritten)\//.test(ref);
  return readReflog(context.ports.fs, shared ? context.commonDirectory : context.gitDirectory, ref);
}

async function dropReflogEntry(
  context: RefContext,
  {
    ref,
    position,
    expected,
  }: { readonly ref: string; readonly position: number; readonly expected: ObjectId },
): Promise<void> {
  const log = await reflog(context, ref);
  if (log[position]?.new !== expected) throw refConflict(ref, `its entry ${position} is not ${expected}`);
  if (log.length === 1) return updateRefs(context, [{ ref, target: null, expected }], 'drop');
  await change(context, ['reflog', 'delete', '--updateref', '--rewrite', `${ref}@{${position}}`], ref);
}

async function updateRefs(context: RefContext, updates: readonly RefUpdate[], reason: string): Promise<void> {
  if (updates.length === 0) return;
  for (const { ref } of updates) checkRefName(ref);
  const stdin = ['start\0', ...updates.map(instruction), 'prepare\0', 'commit\0'].join('');
  const args = ['update-ref', '--create-reflog', '-m', message(reason), '-z', '--stdin'];
  await change(context, args, updates.map(({ ref }) => ref).join(', '), { stdin });
}

function instruction({ ref, target, expected }: RefUpdate): string {
  const old = expected === undefined ? '' : (expected ?? ZERO_ID);
  if (target !== null) return `update ${ref}\0${parseObjectId(target)}\0${old}\0`;
  return expected === null ? `verify ${ref}\0${ZERO_ID}\0` : `delete ${ref}\0${old}\0`;
}

async function change(
  context: RefContext,
  args: readonly string[],
  refs: string,
  options: GitOptions = {},
): Promise<void> {
  try {
    await context.git.run(args, { ...options, env: logTime(context.ports) });
  } catch (error) {
    throw isMgitError(error, 'GIT_FAILED') ? refError(refs, error) : error;
  }
}

/** The entry in the reflog gets the clock's time, as a commit does. */
function logTime(ports: Ports): Record<string, string> {
  const { timestamp, timezoneOffset } = signatureTime(ports, 'committer');
  return { GIT_COMMITTER_DATE: `@${timestamp} ${formatTimezone(timezoneOffset)}` };
}

/** Git refuses an empty reason, and drops one of blanks. */
function message(reason: string): string {
  return reason.trim() === '' ? ' ' : reason;
}
