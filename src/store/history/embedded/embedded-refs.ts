import { join } from 'node:path';
import { MgitError } from '../../../base/errors.ts';
import type { CommitId, ObjectId } from '../../../base/ids.ts';
import type { Head, History, Signature } from '../history.ts';
import { signatureTime } from '../identity.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { checkRefName } from '../ref-names.ts';
import { readReflog } from '../reflog-file.ts';
import { dropReflogEntry } from './drop-reflog-entry.ts';
import { takeLock } from './lock-file.ts';
import { followRef, type RefFiles, readRawRef, refNames, refRoot } from './ref-files.ts';
import { appendLog, type RefChange, transactRefs } from './ref-transaction.ts';

type RefMethods = Pick<
  History,
  'head' | 'setHead' | 'readRef' | 'listRefs' | 'updateRefs' | 'reflog' | 'dropReflogEntry'
>;

/** Refs, HEAD and reflogs on Git's files, under Git's locks. */
export function embeddedRefs(files: RefFiles, store: ObjectStore, config: History['config']): RefMethods {
  const change = (reason: string): RefChange => ({
    files,
    store,
    reason,
    who: () => logIdentity(files, config),
  });
  return {
    head: () => readHead(files),
    readRef: async ref => {
      checkRefName(ref);
      return (await followRef(files, ref)).id;
    },
    listRefs: prefix => listRefs(files, prefix),
    updateRefs: (updates, reason) => transactRefs(change(reason), updates),
    reflog: ref => {
      checkRefName(ref);
      return readReflog(files.ports.fs, refRoot(files, ref), ref);
    },
    dropReflogEntry: async (ref, position, expected) => {
      checkRefName(ref);
      await dropReflogEntry(change('drop'), { ref, position, expected });
    },
    setHead: (target, reason) =>
      'branch' in target
        ? pointHead(change(reason), target.branch)
        : transactRefs({ ...change(reason), direct: true }, [{ ref: 'HEAD', target: target.commit }]),
  };
}

/** Where HEAD points. Errors: `REF_CORRUPT`. */
export async function readHead(files: RefFiles): Promise<Head> {
  const raw = await readRawRef(files, 'HEAD');
  if (raw === undefined)
    throw new MgitError('REF_CORRUPT', 'the repository has no HEAD', { hint: 'run `git init` in it' });
  if (raw.kind === 'id') return { kind: 'detached', commit: raw.id as CommitId };
  const { ref, id } = await followRef(files, raw.target);
  return { kind: 'branch', ref, commit: id as CommitId | undefined };
}

async function listRefs(
  files: RefFiles,
  prefix: string,
): Promise<readonly { readonly ref: string; readonly id: ObjectId }[]> {
  const folder = prefix.startsWith('refs/') ? prefix.slice(0, prefix.lastIndexOf('/') + 1) : 'refs/';
  const names = (await refNames(files, folder)).filter(ref => ref.startsWith(prefix));
  const found = await Promise.all(names.map(async ref => ({ ref, id: (await followRef(files, ref)).id })));
  return found.flatMap(({ ref, id }) => (id === undefined ? [] : [{ ref, id }]));
}

async function pointHead(change: RefChange, branch: string): Promise<void> {
  const { files } = change;
  const ref = branch.startsWith('refs/') ? branch : `refs/heads/${branch}`;
  checkRefName(ref);
  const lock = await takeLock(files.ports, join(files.gitDirectory, 'HEAD'), 'HEAD');
  try {
    const [old, next] = [(await followRef(files, 'HEAD')).id, (await followRef(files, ref)).id];
    await lock.write(`ref: ${ref}\n`);
    if (next !== undefined) await appendLog(change, 'HEAD', { old, target: next });
    await lock.commit();
  } finally {
    await lock.release();
  }
}

/** Nobody is kept from moving a ref for want of a name: the log then has the system's, as git's does. */
async function logIdentity(files: RefFiles, config: History['config']): Promise<Signature> {
  const { env } = files.ports;
  const user = env.USER || env.USERNAME || env.LOGNAME || 'unknown';
  const configured = async (part: 'name' | 'email'): Promise<string | undefined> =>
    env[`GIT_COMMITTER_${part.toUpperCase()}`] ||
    (await config(`committer.${part}`)) ||
    (await config(`user.${part}`));
  return {
    name: (await configured('name')) ?? user,
    email: (await configured('email')) ?? `${user}@localhost`,
    ...signatureTime(files.ports, 'committer'),
  };
}
