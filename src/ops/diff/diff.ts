import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import { commonSpelling } from '../../formats/names/spellings.ts';
import { comparePaths } from '../../store/worktree/untracked.ts';
import { findRevisionPath, type RevisionPath } from '../content/revision-path.ts';
import { convertedPaths } from '../history/converted-paths.ts';
import { readManifestText } from '../history/manifests-at.ts';
import { projectNames } from '../project/names.ts';
import type { Repository } from '../repository.ts';
import { parsePathspec } from '../worktree/pathspec.ts';
import { diffFile, type FileDiff, type FileDiffOptions, type FilePair } from './file-diff.ts';
import { readSides, type Sides } from './sides.ts';
import type { FileVersion } from './snapshots.ts';

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
  const options = await optionsOf(repository, request);
  for (const pair of await changedPairs(repository, sides, matches)) {
    request.signal?.throwIfAborted();
    const diff = await diffFile(repository, pair, options);
    if (!onlyTensors || (diff.model && diff.model.tensors.length > 0)) yield diff;
  }
}

async function isModel(repository: Repository, { file, ...blob }: FileVersion): Promise<boolean> {
  return (file ? file.manifest : await readManifestText(repository, blob)) !== undefined;
}

/** Compares two files wherever they are. Errors: `PATH_UNKNOWN`, `REVISION_UNKNOWN`, those of {@link diffFiles}. */
export async function diffTwoFiles(
  repository: Repository,
  [before, after]: readonly [RevisionPath, RevisionPath],
  request: Pick<DiffRequest, 'cwd' | 'tensors' | 'onEvent' | 'signal'>,
): Promise<FileDiff> {
  const old = await findRevisionPath(repository, request.cwd, before);
  const now = await findRevisionPath(repository, request.cwd, after);
  const from = old.path === now.path ? {} : { from: old.path };
  return diffFile(
    repository,
    { path: now.path, ...from, before: old, after: now },
    await optionsOf(repository, request),
  );
}

async function optionsOf(
  repository: Repository,
  request: Pick<DiffRequest, 'tensors' | 'onEvent' | 'signal'>,
): Promise<FileDiffOptions> {
  const { tensors, onEvent, signal } = request;
  return {
    spelling: commonSpelling(await projectNames(repository)),
    ...(tensors.length > 0 ? { matches: globMatcher(tensors) } : {}),
    ...(onEvent ? { onEvent } : {}),
    ...(signal ? { signal } : {}),
  };
}

/** A model that became one of another format is one pair, under its new path. */
async function changedPairs(
  repository: Repository,
  { before, after }: Sides,
  matches: (path: string) => boolean,
): Promise<readonly FilePair[]> {
  const conversions = await convertedPaths(before, after, version => isModel(repository, version));
  const origins = new Map([...conversions].map(([from, to]) => [to, from]));
  const pairs: FilePair[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths)) {
    if (conversions.has(path)) continue;
    const from = origins.get(path);
    const pair = {
      path,
      ...(from === undefined ? {} : { from }),
      before: before.get(from ?? path),
      after: after.get(path),
    };
    const isSame = pair.before?.id === pair.after?.id && pair.before?.mode === pair.after?.mode;
    if (!isSame && (matches(path) || (from !== undefined && matches(from)))) pairs.push(pair);
  }
  return pairs;
}
