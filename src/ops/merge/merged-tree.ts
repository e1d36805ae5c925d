import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import { alignPaths } from './align-paths.ts';
import { readBaseTree } from './base-tree.ts';
import { mergePath, type PathOutcome } from './merge-paths.ts';
import type { PlannedModel } from './models.ts';
import type { MergeSituation } from './situation.ts';

/** The merge of all paths, planned: nothing is computed or written yet but merged text. */
export interface MergedPaths {
  /** Files that need no computing. */
  readonly files: readonly TreeFile[];
  readonly models: readonly PlannedModel[];
  readonly conflicts: readonly Extract<PathOutcome, { kind: 'conflict' }>[];
}

/** Merges the trees of a situation path by path. */
export async function mergePaths(
  repository: Repository,
  situation: MergeSituation,
  long: LongOperation,
): Promise<MergedPaths> {
  const { target, revisions, bases, decide, names } = situation;
  const sides = [target.tip, ...revisions.map(({ commit }) => commit)];
  const trees = await Promise.all(sides.map(commit => filesOf(repository, commit)));
  const labels = ['HEAD', ...revisions.map(({ revision }) => revision)];
  const outcomes: PathOutcome[] = [];
  const base = await repository.history.listTree(await readBaseTree(repository, bases, long));
  for (const versions of await alignPaths(repository, base, trees)) {
    long.signal?.throwIfAborted();
    outcomes.push(await mergePath(repository, versions, { decide, labels, names }));
  }
  return {
    files: outcomes.flatMap(outcome => (outcome.kind === 'file' ? [outcome.file] : [])),
    models: outcomes.filter(outcome => outcome.kind === 'model'),
    conflicts: outcomes.filter(outcome => outcome.kind === 'conflict'),
  };
}
