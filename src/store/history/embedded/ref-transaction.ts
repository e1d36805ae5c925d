import { dirname, join } from 'node:path';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import type { RefUpdate, Signature } from '../history.ts';
import { type ObjectStore, ZERO_ID } from '../objects/object-store.ts';
import { checkRefName, refConflict } from '../ref-names.ts';
import { formatReflogEntry } from '../reflog-file.ts';
import { type LockFile, takeLock } from './lock-file.ts';
import { removePackedRefs } from './packed-refs.ts';
import { followRef, type RefFiles, readRawRef, refNames, refRoot } from './ref-files.ts';

/** Who changes refs, and why: what the reflogs say. */
export interface RefChange {
  readonly files: RefFiles;
  readonly store: ObjectStore;
  readonly who: () => Promise<Signature>;
  readonly reason: string;
  /** Do not follow a symbolic HEAD: it is what changes. */
  readonly direct?: boolean;
}

/** Changes all refs or none: every lock is taken and every expectation checked before anything moves. Errors: see History. */
export async function transactRefs(change: RefChange, updates: readonly RefUpdate[]): Promise<void> {
  const planned = await plan(change, updates);
  const held: Held[] = [];
  const heads: LockFile[] = [];
  try {
    for (const update of planned) held.push(await prepare(change, update));
    if (held.some(({ logsHead }) => logsHead))
      heads.push(await takeLock(change.files.ports, join(change.files.gitDirectory, 'HEAD'), 'HEAD'));
    for (const { update, lock } of held) if (update.target !== null) await lock.write(`${update.target}\n`);
    await commit(change, held);
  } finally {
    for (const { lock } of held) await lock.release();
    for (const lock of heads) await lock.release();
  }
}

interface Planned {
  readonly update: RefUpdate;
  /** HEAD points at this ref, so its log tells of the change too. */
  readonly logsHead: boolean;
}

interface Held extends Planned {
  readonly lock: LockFile;
  readonly old: ObjectId | undefined;
  /** A symbolic ref that becomes a plain one changes even when it already led to the target. */
  readonly symbolic: boolean;
}

async function plan(change: RefChange, updates: readonly RefUpdate[]): Promise<readonly Planned[]> {
  for (const { ref, target } of updates) {
    checkRefName(ref);
    if (target !== null) await checkTarget(change.store, ref, target);
  }
  const head = await readRawRef(change.files, 'HEAD');
  const planned = await Promise.all(
    updates.map(async update => {
      const ref = change.direct ? update.ref : (await followRef(change.files, update.ref)).ref;
      return { update: { ...update, ref }, logsHead: head?.kind === 'symbolic' && head.target === ref };
    }),
  );
  planned.sort((a, b) => (a.update.ref < b.update.ref ? -1 : 1));
  for (const { update } of planned) checkAgainstOthers(planned, update.ref);
  return planned;
}

/** Errors: `OBJECT_MISSING`; `REF_INVALID` for a branch at something that is no commit. */
async function checkTarget(store: ObjectStore, ref: string, target: ObjectId): Promise<void> {
  const { type } = await store.read(target);
  if ((ref.startsWith('refs/heads/') || ref === 'HEAD') && type !== 'commit')
    throw new MgitError('REF_INVALID', `${ref} cannot point at ${target}, which is a ${type}, not a commit`);
}

function checkAgainstOthers(planned: readonly Planned[], ref: string): void {
  const same = planned.filter(({ update }) => update.ref === ref);
  const below = planned.some(({ update }) => update.ref.startsWith(`${ref}/`));
  if (same.length > 1 || below) throw refConflict(ref, 'the updates contradict each other');
}

async function prepare(change: RefChange, planned: Planned): Promise<Held> {
  const { files } = change;
  const { ref, target, expected } = planned.update;
  if (target !== null) await checkPlace(files, ref);
  const lock = await takeLock(files.ports, join(refRoot(files, ref), ref), ref);
  try {
    if (target !== null) await checkPlace(files, ref);
    const raw = await readRawRef(files, ref);
    const old = raw?.kind === 'symbolic' ? (await followRef(files, ref)).id : raw?.id;
    if (expected === null && old !== undefined) throw refConflict(ref, `it exists already, at ${old}`);
    if (expected && expected !== old)
      throw refConflict(ref, old ? `it is at ${old} but expected ${expected}` : 'it does not exist');
    return { ...planned, lock, old, symbolic: raw?.kind === 'symbolic' };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A ref can be neither below another nor above one. */
async function checkPlace(files: RefFiles, ref: string): Promise<void> {
  if (!ref.startsWith('refs/')) return;
  for (let at = ref.indexOf('/', 5); at > 0; at = ref.indexOf('/', at + 1)) {
    const above = ref.slice(0, at);
    if ((await readRawRef(files, above)) !== undefined) throw refConflict(ref, `${above} exists`);
  }
  const [below] = await refNames(files, `${ref}/`);
  if (below !== undefined) throw refConflict(ref, `${below} exists`);
}

async function commit(change: RefChange, held: readonly Held[]): Promise<void> {
  const deleted = held.filter(({ update, old }) => update.target === null && old !== undefined);
  await removePackedRefs(change.files, new Set(deleted.map(({ update }) => update.ref)));
  for (const item of held)
    if (item.update.target !== null && (item.symbolic || item.update.target !== item.old))
      await move(change, item);
  for (const item of deleted) await remove(change, item);
}

async function move(change: RefChange, item: Held): Promise<void> {
  await appendLogs(change, item);
  await removeEmptyFolders(change, item.lock.path);
  await item.lock.commit();
}

async function remove(change: RefChange, { update, logsHead, lock, old }: Held): Promise<void> {
  const { fs } = change.files.ports;
  if (logsHead) await appendLog(change, 'HEAD', { old, target: null });
  await removeIfThere(fs, lock.path);
  await fs.syncDirectory(dirname(lock.path));
  await removeIfThere(fs, join(refRoot(change.files, update.ref), 'logs', update.ref));
  await lock.release();
  await pruneFolders(change, update.ref);
}

async function appendLogs(change: RefChange, { update, logsHead, old }: Held): Promise<void> {
  await appendLog(change, update.ref, { old, target: update.target });
  if (logsHead) await appendLog(change, 'HEAD', { old, target: update.target });
}

/** Adds a line to a ref's log. */
export async function appendLog(
  change: Omit<RefChange, 'direct'>,
  ref: string,
  move: { readonly old: ObjectId | undefined; readonly target: ObjectId | null },
): Promise<void> {
  const { ports } = change.files;
  const path = join(refRoot(change.files, ref), 'logs', ref);
  await removeEmptyFolders(change, path);
  await makeDurableDirectory(ports.fs, dirname(path));
  const line = formatReflogEntry({
    old: move.old ?? ZERO_ID,
    new: move.target ?? ZERO_ID,
    who: await change.who(),
    message: change.reason,
  });
  const file = await ports.fs.open(path, 'append');
  try {
    const isNew = (await file.stat()).size === 0;
    await file.append(Buffer.from(line));
    await file.sync();
    if (isNew) await ports.fs.syncDirectory(dirname(path));
  } finally {
    await file.close();
  }
}

type Files = RefFiles['ports']['fs'];

async function removeIfThere(fs: Files, path: string): Promise<void> {
  try {
    await fs.removeFile(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM')) throw error;
  }
}

/** Deleted refs leave folders behind that a ref of the folder's name cannot replace. */
async function removeEmptyFolders({ files }: Pick<RefChange, 'files'>, path: string): Promise<void> {
  const { fs } = files.ports;
  try {
    for (const { name } of await fs.readDirectory(path))
      await removeEmptyFolders({ files }, join(path, name));
    await fs.removeDirectory(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

/** Up to, not including, the folders that every repository has. */
async function pruneFolders({ files }: RefChange, ref: string): Promise<void> {
  const root = refRoot(files, ref);
  for (const base of [root, join(root, 'logs')]) {
    let folder = dirname(ref);
    try {
      for (; folder.split('/').length > 2; folder = dirname(folder))
        await files.ports.fs.removeDirectory(join(base, folder));
    } catch (error) {
      if (!isSystemError(error, 'ENOTEMPTY', 'ENOENT', 'EEXIST', 'ENOTDIR')) throw error;
    }
  }
}
