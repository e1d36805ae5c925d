import { isMgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { readMergeRecord, type StoredMergeRecord } from '../merge/read-merge-record.ts';
import type { Repository } from '../repository.ts';
import { type CommitChange, readChange } from './commit-change.ts';

/** What a branch would replay, and where its upstream is. */
export interface UpstreamQuestion {
  readonly commits: readonly CommitId[];
  readonly origin: CommitId;
  readonly upstream: CommitId;
}

/**
 * Leaves out commits whose change the upstream has made as well since the two parted: the same change of the same lines and tensors, or, where it
 * was computed and so has other digests, a cherry-pick or rebase of the same commit. Without this a task vector would be added twice.
 */
export async function withoutUpstream(
  repository: Repository,
  { commits, origin, upstream }: UpstreamQuestion,
): Promise<{ readonly todo: readonly CommitId[]; readonly dropped: readonly CommitId[] }> {
  const theirs: CommitChange[] = [];
  const theirOrigins = new Set<string>();
  if (commits.length > 0)
    for await (const commit of repository.history.walk({ include: [upstream], exclude: [origin] })) {
      if (commit.parents.length > 1) continue;
      theirs.push(await readChange(repository, commit));
      for (const id of await originsOf(repository, commit)) theirOrigins.add(id);
    }
  const isThere = async (id: CommitId): Promise<boolean> => {
    const commit = await repository.history.readCommit(id);
    const origins = await originsOf(repository, commit);
    if (origins.some(from => theirOrigins.has(from))) return true;
    const change = await readChange(repository, commit);
    for (const other of theirs)
      if (other.paths === change.paths && change.paths !== '' && (await other.id()) === (await change.id()))
        return true;
    return false;
  };
  const [todo, dropped]: [CommitId[], CommitId[]] = [[], []];
  for (const id of commits) ((await isThere(id)) ? dropped : todo).push(id);
  return { todo, dropped };
}

/** The commit itself, and the one that it replays whole, as its record or the line of `cherry-pick -x` says. */
async function originsOf(repository: Repository, commit: Commit): Promise<readonly string[]> {
  const replay = (await recordOf(repository, commit))?.replay;
  if (replay !== undefined && (replay.operation === 'revert' || replay.scale !== 1)) return [commit.id];
  const named = /^\(cherry picked from commit ([0-9a-f]{40})\)$/m.exec(commit.message)?.[1];
  return [commit.id, ...(replay ? [replay.commit] : []), ...(named ? [named] : [])];
}

/** Whoever wrote a commit may have written its record: one that makes no sense tells nothing. */
async function recordOf(repository: Repository, commit: Commit): Promise<StoredMergeRecord | undefined> {
  return readMergeRecord(repository, commit).catch((error: unknown) => {
    if (isMgitError(error, 'MERGE_RECORD_INVALID')) return undefined;
    throw error;
  });
}
