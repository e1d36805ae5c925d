import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { extentPurged } from '../../store/extents/purged.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import { type Repository, withStore } from '../repository.ts';
import { affectedBy } from './affected.ts';
import { type CheckedRoots, checkHistory } from './check-history.ts';
import { checkContents, checkStructures } from './check-packs.ts';
import { checkState } from './check-state.ts';
import { type Affected, type FsckProblem, problemOf } from './fsck-problem.ts';
import { gitFsck } from './git-fsck.ts';
import { promisedExtents } from './promised-extents.ts';
import { type Repair, repairStore } from './repair.ts';
import { stagedFiles } from './staged-files.ts';

/** How to check. */
export interface FsckOptions extends LongOperation {
  /** Look only whether everything is there, not whether it is whole. */
  readonly connectivityOnly?: boolean;
  /** Mend what can be mended: with a remote, from there too. */
  readonly repair?: { readonly remote: string | undefined };
}

/** What was found. */
export interface FsckResult {
  /** What is wrong; after a repair, what is left. */
  readonly problems: readonly FsckProblem[];
  readonly packs: number;
  readonly reachableExtents: number;
  /** Of these, what a partial clone has left with a remote. */
  readonly promisedExtents: number;
  readonly repair: (Repair & { readonly before: readonly FsckProblem[] }) | null;
}

/** Checks packs, manifests, refs and mgit's own files, and says what each problem touches. */
export async function checkRepository(
  repository: Repository,
  options: FsckOptions = {},
): Promise<FsckResult> {
  const first = await check(repository, options);
  const isDamaged = first.packs.size > 0 || first.problems.some(({ code }) => code === 'EXTENT_MISSING');
  if (!options.repair || !isDamaged) return resultOf(first, null);
  const repair = await repairStore(repository, first, { ...options, remote: options.repair.remote });
  const { problems: before } = first;
  return resultOf(await check(repository, options), { ...repair, before });
}

function resultOf(findings: Findings, repair: FsckResult['repair']): FsckResult {
  const { problems, count, reachable, promised } = findings;
  return {
    problems,
    packs: count,
    reachableExtents: reachable.size,
    promisedExtents: promised.size,
    repair,
  };
}

interface Findings {
  readonly problems: readonly FsckProblem[];
  /** Damaged packs. */
  readonly packs: ReadonlySet<PackId>;
  readonly reachable: ReadonlySet<Digest>;
  /** Extents that are with a remote, as they may be. */
  readonly promised: ReadonlySet<Digest>;
  readonly count: number;
}

async function check(repository: Repository, options: FsckOptions): Promise<Findings> {
  const { history, store } = repository;
  const { staged, problems: unreadIndex } = await readStaged(repository);
  const roots = { refs: await history.listRefs('refs/'), staged };
  const commits = await checkHistory(repository, roots, options);
  const unreadable = await checkStructures(repository, options);
  const view = store.maintenance.without(new Set(unreadable.map(({ pack }) => pack)));
  try {
    const contents = options.connectivityOnly
      ? []
      : await checkContents(withStore(repository, view), options);
    const absent = await view.missing(commits.digests);
    const { promised, problems: unasked } = await promisedExtents(
      withStore(repository, view),
      absent,
      options,
    );
    const missing: FsckProblem[] = [];
    for (const digest of absent) missing.push(...(await absence(view, digest, promised)));
    const echoed = await withoutEchoes(view, contents, new Set(absent));
    const extents = [...unreadable, ...echoed, ...missing];
    const bad = new Set(extents.flatMap(({ digest }) => digest ?? []));
    const affected = await affectedBy(repository, view, { bad, reachable: commits.digests, roots });
    const problems = [
      ...extents.map(problem => withAffected(problem, affected)),
      ...commits.problems,
      ...unreadIndex,
      ...unasked,
      ...(await checkState(repository)),
      ...(options.connectivityOnly ? [] : await gitFsck(repository, options)),
    ];
    return {
      problems,
      packs: packsIn(extents),
      reachable: commits.digests,
      promised,
      count: (await store.listPacks()).length,
    };
  } finally {
    await view.close();
  }
}

/** An index that cannot be read is a problem like any other: the rest is checked all the same. */
async function readStaged(
  repository: Repository,
): Promise<Pick<CheckedRoots, 'staged'> & { readonly problems: readonly FsckProblem[] }> {
  try {
    return { staged: await stagedFiles(repository), problems: [] };
  } catch (error) {
    return { staged: [], problems: [problemOf(error)] };
  }
}

function packsIn(problems: readonly FsckProblem[]): ReadonlySet<PackId> {
  return new Set(problems.flatMap(({ level, pack }) => (level === 'error' && pack ? [pack] : [])));
}

function withAffected(problem: FsckProblem, affected: ReadonlyMap<Digest, Affected>): FsckProblem {
  const affects = problem.digest && affected.get(problem.digest);
  return affects ? { ...problem, affects } : problem;
}

/** Leaves out notes of records that lack what is reported as missing anyway. */
async function withoutEchoes(
  store: TensorStore,
  contents: readonly FsckProblem[],
  reported: ReadonlySet<Digest>,
): Promise<readonly FsckProblem[]> {
  const kept: FsckProblem[] = [];
  for (const problem of contents) {
    const lacks = problem.level === 'note' && problem.digest ? await store.missing([problem.digest]) : [];
    if (!lacks.some(digest => reported.has(digest))) kept.push(problem);
  }
  return kept;
}

/** What was taken down on purpose is no damage. */
async function absence(
  { purged }: TensorStore,
  digest: Digest,
  promised: ReadonlySet<Digest>,
): Promise<readonly FsckProblem[]> {
  const tombstone = await purged.find(digest);
  if (!tombstone) return promised.has(digest) ? [] : [extentMissing(digest)];
  const { code, message } = extentPurged(digest, tombstone);
  return [{ code, message, level: 'note', digest }];
}

function extentMissing(digest: Digest): FsckProblem {
  const message = `the data ${digest.slice(0, 12)} is not in the store`;
  return { code: 'EXTENT_MISSING', message, level: 'error', digest };
}
