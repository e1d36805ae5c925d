import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import { comparePaths } from '../../store/worktree/untracked.ts';
import type { Repository } from '../repository.ts';
import { parsePathspec } from '../worktree/pathspec.ts';
import { diffFile, type FileDiff, type FilePair } from './file-diff.ts';
import { readSides, type Sides } from './sides.ts';

/** What `mgit diff` compares. */
export interface DiffRequest extends LongOperation {
  /** Absolute. */
  readonly cwd: string;
  /** None: index and work tree. One: that commit and the work tree. Two, `a..b` or `a...b`: two commits. */
  readonly revisions: readonly string[];
  /** Compare a commit (default HEAD) with the index. */
  readonly staged?: boolean;
  /** Pathspecs; none match everything. */
  readonly paths: readonly string[];
  /** Globs of tensor names; none match all. With globs, only models are compared. */
  readonly tensors: readonly string[];
}

/**
 * Compares files of two commits, of the index or of the work tree, one after the other, sorted by path: models by tensor, texts by line.
 * Errors: `USAGE`, `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS`, `NO_MERGE_BASE`, `PATH_OUTSIDE`, `EXTENT_MISSING`, `FILE_CHANGED`.
 */
export async function* diffFiles(repository: Repository, request: DiffRequest): AsyncGenerator<FileDiff> {
  const { matches } = parsePathspec(repository, request.cwd, request.paths);
  const { revisions, staged = false } = request;
  const sides = await readSides(repository, { revisions, staged, matches }, request);
  const onlyTensors = request.tensors.length > 0;
  const options = onlyTensors ? { ...request, matches: globMatcher(request.tensors) } : { ...request };
  for (const pair of changedPairs(sides, matches)) {
    request.signal?.throwIfAborted();
    const diff = await diffFile(repository, pair, options);
    if (!onlyTensors || (diff.model && diff.model.tensors.length > 0)) yield diff;
  }
}

function* changedPairs({ before, after }: Sides, matches: (path: string) => boolean): Generator<FilePair> {
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths)) {
    const pair = { path, before: before.get(path), after: after.get(path) };
    const isSame = pair.before?.id === pair.after?.id && pair.before?.mode === pair.after?.mode;
    if (!isSame && matches(path)) yield pair;
  }
}
