import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Repository } from '../repository.ts';
import { commitSnapshot, indexSnapshot, type Snapshot, workTreeSnapshot } from './snapshots.ts';

/** What is compared with what. */
export interface Sides {
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** Which sides the user asked for, as Git reads it. */
export interface SidesRequest {
  /** None: index and work tree. One: that commit and the work tree. Two, `a..b` or `a...b`: two commits. */
  readonly revisions: readonly string[];
  /** Compare a commit (default HEAD) with the index. */
  readonly staged: boolean;
  /** The paths that will be looked at. */
  readonly matches: (path: string) => boolean;
}

/** Reads both sides. Errors: `USAGE` for too many revisions; `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS`, `NO_MERGE_BASE`. */
export async function readSides(
  repository: Repository,
  request: SidesRequest,
  long: LongOperation,
): Promise<Sides> {
  const { revisions, staged, matches } = request;
  const range = await commitRange(repository, revisions);
  if (staged && (range || revisions.length > 1))
    throw new MgitError('USAGE', '--staged compares one commit with the index');
  if (range)
    return {
      before: await commitSnapshot(repository, range[0]),
      after: await commitSnapshot(repository, range[1]),
    };
  const [revision] = revisions;
  if (staged)
    return {
      before: await commitSnapshot(repository, await commitOrHead(repository, revision)),
      after: await indexSnapshot(repository),
    };
  const after = await workTreeSnapshot(repository, matches, long);
  if (revision === undefined) return { before: await indexSnapshot(repository), after };
  return {
    before: await commitSnapshot(repository, await repository.history.resolveCommit(revision)),
    after,
  };
}

/** The two commits that are asked for; undefined when the index or the work tree is one side. */
async function commitRange(
  { history }: Repository,
  revisions: readonly string[],
): Promise<readonly [CommitId, CommitId] | undefined> {
  if (revisions.length > 2) throw new MgitError('USAGE', 'at most two revisions can be compared');
  const [first = '', second] = revisions;
  if (second !== undefined) return [await history.resolveCommit(first), await history.resolveCommit(second)];
  const range = /^(.*?)(\.\.\.?)(.*)$/.exec(first);
  if (!range) return undefined;
  const left = await history.resolveCommit(range[1] || 'HEAD');
  const right = await history.resolveCommit(range[3] || 'HEAD');
  if (range[2] === '..') return [left, right];
  const [base] = await history.mergeBases(left, right);
  if (!base) throw new MgitError('NO_MERGE_BASE', `${first}: the two have no common history`);
  return [base, right];
}

/** HEAD may have no commit yet: then everything in the index is new. */
async function commitOrHead(
  { history }: Repository,
  revision: string | undefined,
): Promise<CommitId | undefined> {
  return revision === undefined ? (await history.head()).commit : history.resolveCommit(revision);
}
