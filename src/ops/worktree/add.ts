import { resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { FileStat, FileSystem } from '../../base/ports/file-system.ts';
import type { CodingPolicy } from '../../store/tensor-store.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { type Attributes, isModel } from '../../store/worktree/attributes.ts';
import { compareFile, isKnownClean, lstat, workTreeMode } from '../../store/worktree/compare.ts';
import { readContent } from '../../store/worktree/file-content.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { editIndex, type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import { listUntracked } from '../../store/worktree/untracked.ts';
import type { WorkTree } from '../../store/worktree/work-tree.ts';
import { openManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { type Pathspec, parsePathspec, requireMatches } from './pathspec.ts';
import { untrackedPaths } from './status.ts';
import { workTreeOf } from './work-tree.ts';

/** What `mgit add` takes up. */
export interface AddOptions extends LongOperation {
  readonly cwd: string;
  readonly paths: readonly string[];
  /** Take ignored files, too. */
  readonly force?: boolean;
  /** Only files that are tracked already (`-u`, `commit -a`). */
  readonly update?: boolean;
  /** Take tracked files up afresh, whatever their metadata tells: what was committed without mgit, or under other attributes. Implies `update`. */
  readonly renormalize?: boolean;
  /** Say what would happen, and change nothing. */
  readonly dryRun?: boolean;
  readonly coding?: CodingPolicy;
}

/** One file that `add` took up. Sizes are those of a model's new tensors. */
export interface AddedFile {
  readonly path: string;
  readonly action: 'added' | 'removed';
  readonly tensors?: number;
  readonly newBytes?: number;
  readonly storedBytes?: number;
}

/**
 * Stages files as they stand in the work tree; models go to the store first. Every file is read before the index changes, so that
 * one that cannot be added leaves the index as it was. Errors: `PATHSPEC_UNMATCHED`, `PATH_IGNORED`, those of the formats and the store.
 */
export async function addPaths(repository: Repository, options: AddOptions): Promise<readonly AddedFile[]> {
  const workTree = await workTreeOf(repository);
  const pathspec = parsePathspec(repository, options.cwd, options.paths);
  const index = await readIndexState(workTree);
  const untracked =
    options.update || options.renormalize
      ? []
      : await untrackedMatches(repository, { index, pathspec, options });
  const tracked = [...new Set(index.entries.map(entry => entry.path))].filter(pathspec.matches);
  requireMatches(pathspec, [...tracked, ...untracked]);
  const plan: Plan = { index, attributes: workTreeAttributes(workTree, path => index.tracked.get(path)?.id) };
  const results: Staged[] = [];
  for (const path of [...tracked, ...untracked]) {
    options.signal?.throwIfAborted();
    const staged = await stage(repository, { path, plan, options });
    if (staged !== undefined) results.push(staged);
  }
  if (!options.dryRun && results.length > 0)
    await editIndex(workTree, {
      set: results.flatMap(({ entry }) => (entry ? [entry] : [])),
      remove: results.flatMap(({ entry, file }) => (entry ? [] : [file.path])),
    });
  return results.map(({ file }) => file);
}

/** Bytes of the files among `paths`, which are relative to `cwd`; folders and globs count for nothing. */
export async function bytesNamed(fs: FileSystem, cwd: string, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const stat = await fs.stat(resolve(cwd, path)).catch(() => undefined); // What is wrong with a path is said when it is added.
    if (stat?.kind === 'file') bytes += stat.size;
  }
  return bytes;
}

interface Plan {
  readonly index: IndexState;
  readonly attributes: Attributes;
}

/** `entry` undefined: the path leaves the index. */
interface Staged {
  readonly file: AddedFile;
  readonly entry: IndexEntry | undefined;
}

async function stage(
  repository: Repository,
  request: { readonly path: string; readonly plan: Plan; readonly options: AddOptions },
): Promise<Staged | undefined> {
  const { path, plan, options } = request;
  const workTree = await workTreeOf(repository);
  const known = plan.index.tracked.get(path);
  const stat = await lstat(workTree, path);
  if (known !== undefined && (await isPassedOver(workTree, known, { stat, plan, options }))) return undefined;
  if (stat === undefined || stat.kind === 'directory')
    return { file: { path, action: 'removed' }, entry: undefined };
  if (options.dryRun && !options.renormalize) return { file: { path, action: 'added' }, entry: undefined };
  const base = known === undefined ? undefined : await openManifestBlob(repository, known);
  const content = await readContent(workTree, path, {
    attributes: plan.attributes,
    stat,
    action: options.dryRun
      ? { kind: 'hash', long: options }
      : { kind: 'store', options: { ...options, ...(base ? { base } : {}) } },
  }).catch((error: unknown) => {
    throw named(error, path);
  });
  const mode = workTreeMode(workTree, stat, known?.mode);
  if (known !== undefined && !known.intentToAdd && content.id === known.id && mode === known.mode)
    return undefined;
  const stored = content.stored;
  const sizes =
    content.manifest === undefined
      ? {}
      : {
          tensors: content.manifest.tensors.length,
          newBytes: stored?.newBytes ?? 0,
          storedBytes: stored?.storedBytes ?? 0,
        };
  return {
    file: { path, action: 'added', ...sizes },
    entry: indexEntry({ path, id: content.id, mode, ...content.stat }),
  };
}

/** Whether a tracked file need not be looked into. `renormalize` looks into all that are there. */
async function isPassedOver(
  workTree: WorkTree,
  known: IndexEntry,
  request: { readonly stat: FileStat | undefined; readonly plan: Plan; readonly options: AddOptions },
): Promise<boolean> {
  if (!request.options.renormalize) return isSame(workTree, known, request);
  const isThere = request.stat !== undefined && request.stat.kind !== 'directory';
  return !isThere || known.skipWorktree || known.assumeValid;
}

/**
 * Whether a file is as its index entry says, as far as that is cheaper to tell than to store it: a model that must be read is read once,
 * and what of it is stored already is not stored again.
 */
async function isSame(
  workTree: WorkTree,
  known: IndexEntry,
  request: { readonly stat: FileStat | undefined; readonly plan: Plan; readonly options: AddOptions },
): Promise<boolean> {
  const { stat, plan, options } = request;
  const isReadOnce =
    !options.dryRun &&
    stat?.kind === 'file' &&
    !known.skipWorktree &&
    !known.assumeValid &&
    isModel(await plan.attributes.of(known.path));
  if (isReadOnce) return isKnownClean(workTree, known, { stat, index: plan.index });
  return (await compareFile(workTree, known, { ...plan, long: options })).kind === 'same';
}

/** An error of a file's reader, told with the file's name. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof MgitError) || error.message.includes(path)) return error;
  return new MgitError(error.code, `${path}: ${error.message}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}

async function untrackedMatches(
  repository: Repository,
  request: { readonly index: IndexState; readonly pathspec: Pathspec; readonly options: AddOptions },
): Promise<string[]> {
  const { index, pathspec, options } = request;
  const workTree = await workTreeOf(repository);
  const tracked = new Set(index.entries.map(entry => entry.path));
  const everything = (): Promise<string[]> =>
    listUntracked(workTree, {
      isTracked: path => tracked.has(path),
      holdsTracked: () => false,
      collapse: false,
      includeIgnored: true,
    });
  const listed = options.force ? await everything() : await untrackedPaths(workTree, index, false);
  const matches = listed.filter(pathspec.matches);
  tellOfRepositories(
    matches.filter(path => path.endsWith('/')),
    { pathspec, options },
  );
  const open = pathspec.unmatched([...tracked, ...matches]);
  if (options.force || open.length === 0) return matches.filter(path => !path.endsWith('/'));
  const hidden = (await everything()).filter(pathspec.matches);
  const stillOpen = pathspec.unmatched([...tracked, ...hidden]);
  const ignored = open.filter(typed => !stillOpen.includes(typed));
  if (ignored.length > 0)
    throw new MgitError('PATH_IGNORED', `ignored by .gitignore: ${ignored.join(', ')}`, {
      hint: 'use "mgit add -f" to add it all the same',
    });
  return matches.filter(path => !path.endsWith('/'));
}

/** A repository inside this one is left alone: its files are its own. Errors: `NESTED_REPOSITORY` where it is named itself. */
function tellOfRepositories(
  directories: readonly string[],
  { pathspec, options }: { readonly pathspec: Pathspec; readonly options: AddOptions },
): void {
  for (const directory of directories) {
    const message = `${directory} is a repository of its own`;
    const hint = 'make it a submodule with "git submodule add", or list it in .gitignore';
    if (pathspec.literal.some(({ path }) => `${path}/` === directory))
      throw new MgitError('NESTED_REPOSITORY', message, { hint });
    options.onEvent?.({ type: 'warning', code: 'NESTED_REPOSITORY', message: `${message}: left out`, hint });
  }
}
