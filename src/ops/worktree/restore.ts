import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { treeAttributes, workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile, lstat } from '../../store/worktree/compare.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { editIndex, type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import { UNKNOWN_STAT } from '../../store/worktree/index-stat.ts';
import { removeTreeFile } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree, refuseUnwritable, writeFiles } from './checkout.ts';
import { sameFile } from './checkout-plan.ts';
import { parsePathspec, requireMatches } from './pathspec.ts';
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
 * Restores files in index, work tree or both. A manifest that stands in for a model becomes the model.
 * Errors: `PATHSPEC_UNMATCHED`, `EXTENT_MISSING`, `REVISION_UNKNOWN`, `CONFLICTS_UNRESOLVED`.
 */
export async function restorePaths(repository: Repository, options: RestoreOptions): Promise<RestoreResult> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const source = await sourceFiles(repository, index, options);
  const pathspec = parsePathspec(repository, options.cwd, options.paths);
  const tracked = new Set(index.entries.map(entry => entry.path));
  const known = options.overlay ? source.keys() : [...tracked, ...source.keys()];
  const paths = [...new Set(known)].filter(pathspec.matches);
  requireMatches(pathspec, paths);
  refuseUnmerged(index, paths, source);
  const wanted = paths.flatMap(path => source.get(path) ?? []);
  const removed = options.overlay ? [] : paths.filter(path => !source.has(path));
  const toFiles = options.workTree ?? !options.staged;
  const restored = toFiles
    ? await restoreFiles(repository, { wanted, removed, index, options })
    : await stageFiles(repository, wanted, index);
  if (options.staged) await editIndex(workTree, { set: [], remove: removed });
  return { restored, removed };
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

interface FilesToRestore {
  readonly wanted: readonly TreeFile[];
  readonly removed: readonly string[];
  readonly index: IndexState;
  readonly options: RestoreOptions;
}

async function restoreFiles(repository: Repository, request: FilesToRestore): Promise<string[]> {
  const { wanted, removed, index, options } = request;
  const workTree = await workTreeOf(repository);
  const isOpen = await Promise.all(wanted.map(file => differs(repository, file, index)));
  const write = wanted.filter((_, position) => isOpen[position]);
  const attributes =
    options.source === undefined
      ? workTreeAttributes(workTree, path => index.tracked.get(path)?.id)
      : treeAttributes(workTree, [...request.wanted, ...index.tracked.values()]);
  await refuseUnwritable(repository, write, attributes);
  for (const path of removed) await removeTreeFile(workTree, path);
  const entries = await writeFiles(repository, write, { attributes, long: options });
  const staged = options.staged === true;
  const fresh = entries.filter(entry => staged || sameFile(index.tracked.get(entry.path), entry));
  await editIndex(workTree, { set: fresh, remove: [] });
  if (staged)
    await stageFiles(
      repository,
      wanted.filter((_, position) => !isOpen[position]),
      index,
    );
  return write.map(file => file.path);
}

/** Whether a file of the work tree is not what it should be; a manifest in place of its model is not. */
async function differs(repository: Repository, file: TreeFile, index: IndexState): Promise<boolean> {
  const workTree = await workTreeOf(repository);
  const entry = index.tracked.get(file.path);
  if (entry === undefined || !sameFile(entry, file)) return true;
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  if ((await compareFile(workTree, entry, { index, attributes })).kind !== 'same') return true;
  return standsIn(repository, file);
}

async function standsIn(repository: Repository, file: TreeFile): Promise<boolean> {
  const stat = await lstat(await workTreeOf(repository), file.path);
  if (stat?.kind !== 'file') return false;
  const open = await repository.ports.fs.open(`${repository.workTree}/${file.path}`, 'read');
  try {
    const head = new Uint8Array(64);
    return looksLikeManifest(head.subarray(0, await open.read(head, 0)));
  } finally {
    await open.close();
  }
}

/** Sets index entries; those that were the same keep what is known of their files. */
async function stageFiles(
  repository: Repository,
  wanted: readonly TreeFile[],
  index: IndexState,
): Promise<string[]> {
  const workTree = await workTreeOf(repository);
  const changed = wanted.filter(file => !sameFile(index.tracked.get(file.path), file));
  const set = changed.map(file => indexEntry({ ...file, ...UNKNOWN_STAT }));
  await editIndex(workTree, { set, remove: [] });
  return changed.map(file => file.path);
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
