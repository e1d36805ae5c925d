import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId } from '../../base/ids.ts';
import type { Commit, History } from '../../store/history/history.ts';
import { isRegularFile } from '../../store/history/objects/tree-object.ts';
import { MANIFEST_LIMITS } from '../../store/manifest/limits.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import { declaredAttributes } from '../../store/worktree/attribute-sources.ts';
import { type Attributes, isModel } from '../../store/worktree/attributes.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';
import { UNFILTERED_HINT } from '../worktree/unfiltered.ts';
import { type FsckProblem, problemOf } from './fsck-problem.ts';
import type { Roots } from './roots.ts';

/** What was found of commits and manifests. */
export interface HistoryCheck {
  /** The extents that refs and indexes reach, as far as commits and files could be read. */
  readonly digests: ReadonlySet<Digest>;
  readonly problems: readonly FsckProblem[];
}

/** Where the check begins. */
export interface CheckedRoots extends Pick<Roots, 'refs'> {
  readonly staged: readonly Pick<IndexEntry, 'path' | 'id'>[];
}

/** Reads every commit, tree and file that refs reach, and the staged files, and checks every manifest; goes on after each problem. */
export async function checkHistory(
  repository: Repository,
  { refs, staged }: CheckedRoots,
  options: LongOperation,
): Promise<HistoryCheck> {
  const { history } = repository;
  const check: Check = { history, digests: new Set(), problems: [], seen: new Set() };
  const ends = await shallowCommits(repository);
  const waiting: ObjectId[] = refs.map(({ id }) => id);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    options.signal?.throwIfAborted();
    if (check.seen.has(id)) continue;
    check.seen.add(id);
    const commit = await readTip(check, id);
    if (!commit) continue;
    const done = check.seen.size;
    options.onEvent?.({ type: 'progress', phase: 'check history', done, total: undefined, unit: 'items' });
    await checkTree(check, commit);
    if (!ends.has(commit.id)) waiting.push(...commit.parents);
  }
  for (const file of staged) await checkFile(check, file, undefined);
  return check;
}

interface Check {
  readonly history: History;
  readonly digests: Set<Digest>;
  readonly problems: FsckProblem[];
  readonly seen: Set<ObjectId>;
}

/** The commits at which a shallow clone ends. Source: gitrepository-layout(5), `shallow`. */
async function shallowCommits({ ports, history }: Repository): Promise<ReadonlySet<string>> {
  const text = (await readText(ports, `${history.commonDirectory}/shallow`)) ?? '';
  return new Set(text.split('\n').filter(Boolean));
}

/** The commit that an id names, itself or as a tag; undefined where there is none, or it cannot be read. */
async function readTip({ history, problems }: Check, id: ObjectId): Promise<Commit | undefined> {
  try {
    return await history.readCommit(id as CommitId);
  } catch (error) {
    const problem = problemOf(error, { object: id });
    const tagged = problem.code === 'OBJECT_TYPE_MISMATCH' ? await taggedCommit(history, id) : undefined;
    if (problem.code !== 'OBJECT_TYPE_MISMATCH') problems.push(problem);
    return tagged;
  }
}

/** A tag of a tree or a file, and a ref to one, holds no commit to check; Git's own fsck reads it. */
async function taggedCommit(history: History, id: ObjectId): Promise<Commit | undefined> {
  try {
    return await history.readCommit(await history.resolveCommit(id));
  } catch (error) {
    problemOf(error);
    return undefined;
  }
}

async function checkTree(check: Check, { tree }: Commit): Promise<void> {
  if (check.seen.has(tree)) return;
  check.seen.add(tree);
  try {
    const files = await check.history.listTree(tree);
    const attributes = declaredAttributes(check.history, files);
    for (const file of files) if (isRegularFile(file)) await checkFile(check, file, attributes);
  } catch (error) {
    check.problems.push(problemOf(error, { object: tree }));
  }
}

/** Each content is checked once, by whatever path it is met first. `attributes`: those of the tree. */
async function checkFile(
  { history, digests, problems, seen }: Check,
  { id, path }: Pick<IndexEntry, 'id' | 'path'>,
  attributes: Attributes | undefined,
): Promise<void> {
  if (seen.has(id)) return;
  seen.add(id);
  try {
    const bytes =
      (await history.blobSize(id)) > MANIFEST_LIMITS.textBytes ? undefined : await history.readBlob(id);
    if (bytes && looksLikeManifest(bytes))
      for (const extent of parseManifest(bytes).extents) digests.add(extent.digest);
    else if (bytes?.length !== 0 && attributes && isModel(await attributes.of(path)))
      problems.push(unfiltered(id, path));
  } catch (error) {
    const problem = problemOf(error, { object: id });
    problems.push({ ...problem, message: `${path}: ${problem.message}` });
  }
}

function unfiltered(id: ObjectId, path: string): FsckProblem {
  const message = `${path}: committed without mgit, so that Git itself holds the bytes: ${UNFILTERED_HINT}`;
  return { code: 'MODEL_UNFILTERED', message, level: 'note', object: id };
}
