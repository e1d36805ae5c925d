import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { treeAttributes, workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import type { Attributes } from '../../store/worktree/attributes.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { compareFile } from '../../store/worktree/compare.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { UNKNOWN_STAT } from '../../store/worktree/index-stat.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree, writeFiles } from './checkout.ts';
import { sameFile } from './checkout-plan.ts';
import { parsePathspec, requireMatches } from './pathspec.ts';
import { prepareModels, standsIn } from './stand-ins.ts';
import { workTreeOf } from './work-tree.ts';

/** What `mgit restore` restores, and from where. */
export interface RestoreOptions extends LongOperation {
  readonly cwd: string;
  readonly paths: readonly string[];
  /** Restore the index (default source: HEAD). */
  readonly staged?: boolean;
  /** Restore the work tree; the default when `staged` is not given (default source: the index). */
  readonly workTree?: boolean;
  /** A revision. */
  readonly source?: string;
  /** Leave tracked files that the source does not have, as `git checkout <revision> -- <path>` does. */
  readonly overlay?: boolean;
}

/** The paths that were written or removed. */
export interface RestoreResult {
  readonly restored: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Restores files in index, work tree or both. A manifest that stands in for a model becomes the model, which
 * is fetched where it is promised.
 * Errors: `PATHSPEC_UNMATCHED`, `EXTENT_MISSING`, `REVISION_UNKNOWN`, `CONFLICTS_UNRESOLVED`.
 */
export async function restorePaths(repository: Repository, options: RestoreOptions): Promise<RestoreResult> {
  const workTree = await workTreeOf(repository);
  const { write, stage, removed } = await changeFiles(workTree, {
    plan: index => planRestore(repository, index, options),
    perform: async (plan, index) => {
      await removeTreeFiles(workTree, plan.unlink);
      const entries = await writeFiles(repository, plan.write, { ...plan, long: options });
      const clean = entries.filter(entry => sameFile(index.tracked.get(entry.path), entry));
      const unknown = plan.stage.map(file => indexEntry({ ...file, ...UNKNOWN_STAT }));
      return options.staged
        ? { set: [...entries, ...unknown], remove: plan.removed }
        : { set: clean, remove: [] };
    },
  });
  return { restored: [...write, ...stage].map(file => file.path), removed };
}

interface RestorePlan {
  /** Files that are written, and index entries that are set without them. */
  readonly write: readonly TreeFile[];
  readonly stage: readonly TreeFile[];
  /** Paths that the source does not have, and those of them that leave the work tree. */
  readonly removed: readonly string[];
  readonly unlink: readonly string[];
  readonly attributes: Attributes;
  /** Models that are written as manifests. */
  readonly standIns: ReadonlySet<string>;
}

async function planRestore(
  repository: Repository,
  index: IndexState,
  options: RestoreOptions,
): Promise<RestorePlan> {
  const source = await sourceFiles(repository, index, options);
  const pathspec = parsePathspec(repository, options.cwd, options.paths);
  const tracked = new Set(index.entries.map(entry => entry.path));
  const known = options.overlay ? source.keys() : [...tracked, ...source.keys()];
  const paths = [...new Set(known)].filter(pathspec.matches);
  requireMatches(pathspec, paths);
  refuseUnmerged(index, paths, source);
  const wanted = paths.flatMap(path => source.get(path) ?? []);
  const removed = options.overlay ? [] : paths.filter(path => !source.has(path));
  const attributes = await attributesFor(repository, index, { wanted, options });
  if (options.workTree ?? !options.staged) {
    const isOpen = await Promise.all(wanted.map(file => differs(repository, file, index)));
    const write = wanted.filter((_, position) => isOpen[position]);
    const standIns = await prepareModels(repository, write, { attributes, long: options, all: true });
    return { write, stage: [], removed, unlink: removed, attributes, standIns };
  }
  const stage = wanted.filter(file => !sameFile(index.tracked.get(file.path), file));
  return { write: [], stage, removed, unlink: [], attributes, standIns: new Set() };
}

async function attributesFor(
  repository: Repository,
  index: IndexState,
  request: { readonly wanted: readonly TreeFile[]; readonly options: RestoreOptions },
): Promise<Attributes> {
  const workTree = await workTreeOf(repository);
  return request.options.source === undefined
    ? workTreeAttributes(workTree, path => index.tracked.get(path)?.id)
    : treeAttributes(workTree, [...request.wanted, ...index.tracked.values()]);
}

async function sourceFiles(
  repository: Repository,
  index: IndexState,
  options: RestoreOptions,
): Promise<ReadonlyMap<string, TreeFile>> {
  const { history } = repository;
  if (options.source === undefined && !options.staged) return index.tracked;
  const isUnborn = options.source === undefined && (await history.head()).commit === undefined;
  if (isUnborn) return new Map();
  const commit = await history.readCommit(await history.resolveCommit(options.source ?? 'HEAD'));
  return filesOfTree(repository, commit.tree);
}

/** Whether a file of the work tree is not what it should be; a manifest in place of its model is not. */
async function differs(repository: Repository, file: TreeFile, index: IndexState): Promise<boolean> {
  const workTree = await workTreeOf(repository);
  const entry = index.tracked.get(file.path);
  if (entry === undefined || !sameFile(entry, file)) return true;
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  if ((await compareFile(workTree, entry, { index, attributes })).kind !== 'same') return true;
  return standsIn(repository, file.path);
}

function refuseUnmerged(
  index: IndexState,
  paths: readonly string[],
  source: ReadonlyMap<string, TreeFile>,
): void {
  const unmerged = new Set(index.unmerged.map(entry => entry.path));
  const open = paths.filter(path => unmerged.has(path) && !source.has(path));
  if (open.length > 0)
    throw new MgitError('CONFLICTS_UNRESOLVED', `${open.join(', ')} has a conflict`, {
      hint: 'name the side to take with --source',
    });
}
