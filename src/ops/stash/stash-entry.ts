import { isMgitError, MgitError } from '../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';

/** Its log is the list of stashes, the newest first; Git's own place, so that `git stash list` shows the same. */
export const STASH_REF = 'refs/stash';

/** One line of `mgit stash list`. */
export interface StashEntry {
  /** `stash@{0}` is the newest. Undefined for a stash that is in no list. */
  readonly position: number | undefined;
  /** How it was called, or `stash@{n}`. */
  readonly name: string;
  readonly commit: CommitId;
  readonly message: string;
}

/** What a stash holds. Its own tree is the work tree; parents are the commit it was made on, the index and, if kept, the untracked files. */
export interface Stash {
  readonly commit: Commit;
  readonly base: Commit;
  readonly index: Commit;
  readonly untracked: Commit | undefined;
}

/** All stashes, the newest first. */
export async function listStashes({ history }: Repository): Promise<readonly StashEntry[]> {
  return (await history.reflog(STASH_REF)).map((entry, position) => ({
    position,
    name: `stash@{${position}}`,
    commit: parseCommitId(entry.new),
    message: entry.message,
  }));
}

/**
 * Finds a stash: `stash@{n}` or `n` (default the newest), or any commit that is one. Errors: `STASH_NONE` when there are none,
 * `STASH_UNKNOWN`, `REVISION_UNKNOWN`.
 */
export async function findStash(repository: Repository, name: string | undefined): Promise<StashEntry> {
  const position = positionOf(name);
  if (position === undefined) return namedStash(repository, name ?? '');
  const stashes = await listStashes(repository);
  const found = stashes[position];
  if (found !== undefined) return found;
  if (stashes.length === 0) throw new MgitError('STASH_NONE', 'there are no stashes');
  throw new MgitError('STASH_UNKNOWN', `there is no stash@{${position}}`, {
    hint: `see "mgit stash list" for the ${stashes.length} there are`,
  });
}

function positionOf(name: string | undefined): number | undefined {
  if (name === undefined || name === 'stash' || name === STASH_REF) return 0;
  const digits = /^(?:(?:refs\/)?stash@\{(\d{1,9})\}|(\d{1,9}))$/.exec(name);
  return digits === null ? undefined : Number(digits[1] ?? digits[2]);
}

async function namedStash(repository: Repository, name: string): Promise<StashEntry> {
  const commit = await repository.history.resolveCommit(name);
  const { commit: stash } = await readStash(repository, commit);
  return { position: undefined, name, commit, message: stash.message.split('\n', 1)[0] ?? '' };
}

/** Reads a stash. Errors: `STASH_UNKNOWN` for a commit that is none. */
export async function readStash({ history }: Repository, id: CommitId): Promise<Stash> {
  const commit = await history.readCommit(id);
  const [base, index, untracked] = await Promise.all(
    commit.parents.map(parent => history.readCommit(parent)),
  );
  if (base === undefined || index === undefined || commit.parents.length > 3)
    throw new MgitError('STASH_UNKNOWN', `${id} is a commit, but no stash`);
  return { commit, base, index, untracked };
}

/** Takes a stash off the list. Errors: `STASH_UNKNOWN` for one that is in no list; `REF_CONFLICT`. */
export async function dropStash(repository: Repository, entry: StashEntry): Promise<void> {
  if (entry.position === undefined)
    throw new MgitError('STASH_UNKNOWN', `${entry.name} is in no list of stashes`);
  try {
    await repository.history.dropReflogEntry(STASH_REF, entry.position, entry.commit);
  } catch (error) {
    if (!isMgitError(error, 'REF_CONFLICT')) throw error;
    throw new MgitError('REF_CONFLICT', `${entry.name} is another one by now`, {
      hint: 'see "mgit stash list"',
      cause: error,
    });
  }
}

/** Puts a stash on top of the list. */
export async function storeStash({ history }: Repository, commit: CommitId, message: string): Promise<void> {
  await history.updateRefs([{ ref: STASH_REF, target: commit }], message);
}
