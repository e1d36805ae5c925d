import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { compileRules, type Decide } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { treeOf } from '../history/manifests-at.ts';
import { mergeBasesOf } from '../history/merge-bases.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import { mergePath, type PathOutcome } from './merge-paths.ts';
import { mergeTrees } from './merge-trees.ts';
import { mergeModels } from './models.ts';

/** What the merge bases are called in conflict markers, as `git merge` calls them. */
const LABELS = ['Temporary merge branch 1', 'Temporary merge branch 2'] as const;

/** Averages with equal weights, whatever the settings: the bases of a merge are no sides of it, and have no order. */
const AVERAGE: Decide = compileRules({ method: 'linear' }, 2);

type Conflict = Extract<PathOutcome, { kind: 'conflict' }>;

/**
 * The tree that a merge starts from. One merge base: its tree. Several: a virtual base, their recursive merge, as Git's `ort` makes it.
 * Where the bases agree, or one of them changed a path or a tensor, that stands; tensors that several changed are averaged; text keeps its
 * conflict markers; what cannot be merged is as in the bases' own base. Errors: `MERGE_BASE_AMBIGUOUS` where a base cannot be computed.
 */
export async function readBaseTree(
  repository: Repository,
  bases: readonly CommitId[],
  long: LongOperation,
): Promise<ObjectId> {
  const [first, ...others] = bases;
  if (first === undefined) return repository.history.writeTree([]);
  if (others.length === 0) return treeOf(repository, first);
  try {
    return await virtualTree(repository, [first, ...others], long);
  } catch (error) {
    throw isMgitError(error, 'MERGE_NON_FINITE', 'MERGE_LAYOUT_UNSUPPORTED', 'TREE_INVALID')
      ? ambiguous(bases, error)
      : error;
  }
}

async function virtualTree(
  repository: Repository,
  bases: readonly [CommitId, ...CommitId[]],
  long: LongOperation,
): Promise<ObjectId> {
  const [first, ...others] = bases;
  const { history } = repository;
  const merged = [first];
  let files = await filesOf(repository, first);
  for (const next of others) {
    const base = await readBaseTree(repository, await mergeBasesOf(history, merged, next), long);
    const theirs = await treeOf(repository, next);
    files = await mergedFiles(repository, { base, ours: files, theirs }, long);
    merged.push(next);
  }
  return history.writeTree(files);
}

async function mergedFiles(
  repository: Repository,
  trees: { readonly base: ObjectId; readonly ours: readonly TreeFile[]; readonly theirs: ObjectId },
  long: LongOperation,
): Promise<readonly TreeFile[]> {
  const merged = await mergeTrees(repository, { ...trees, labels: LABELS, decide: AVERAGE }, long);
  const settled: PathOutcome[] = [];
  for (const conflict of merged.conflicts) settled.push(await settle(repository, conflict));
  const models = [...merged.models, ...settled.filter(outcome => outcome.kind === 'model')];
  const computed = await mergeModels(repository, models, long);
  const files = settled.flatMap(outcome => (outcome.kind === 'file' ? [outcome.file] : []));
  return [...merged.files, ...files, ...computed.files];
}

/** A base has no conflicts: nobody could resolve them. */
async function settle(
  repository: Repository,
  { conflict, marked, versions }: Conflict,
): Promise<PathOutcome> {
  const { path, base } = versions;
  if (conflict.kind !== 'tensors') {
    const version = marked ?? base;
    return version ? { kind: 'file', file: { ...version, path } } : { kind: 'removed', path };
  }
  const open = new Set(conflict.tensors.map(({ name }) => name));
  const decide: Decide = name =>
    open.has(name) ? { kind: 'take', side: 'base', byRule: true } : AVERAGE(name, path);
  return mergePath(repository, versions, { decide, labels: LABELS });
}

function ambiguous(bases: readonly CommitId[], cause: Error): MgitError {
  return new MgitError(
    'MERGE_BASE_AMBIGUOUS',
    `the ${bases.length} merge bases cannot be merged into one: ${cause.message}`,
    { cause, hint: `choose one with -X base=<revision>: ${bases.join(', ')}` },
  );
}
