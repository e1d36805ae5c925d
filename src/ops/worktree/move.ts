import { MgitError } from '../../base/errors.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { lstat } from '../../store/worktree/compare.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { indexStat, isRacy } from '../../store/worktree/index-stat.ts';
import type { WorkTree } from '../../store/worktree/work-tree.ts';
import { syncFolders } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { repositoryPath, workTreeOf } from './work-tree.ts';

/** What `mgit mv` moves: files or folders, to a new name or into a folder. */
export interface MoveOptions {
  readonly cwd: string;
  readonly sources: readonly string[];
  readonly destination: string;
  readonly force?: boolean;
}

/** One file that moved. */
export interface MovedFile {
  readonly from: string;
  readonly to: string;
}

/** Moves tracked files in work tree and index. Errors: `PATHSPEC_UNMATCHED`, `DESTINATION_EXISTS`, `USAGE`. */
export async function movePaths(repository: Repository, options: MoveOptions): Promise<readonly MovedFile[]> {
  const workTree = await workTreeOf(repository);
  const moves: MovedFile[] = [];
  await changeFiles(workTree, {
    plan: async () => undefined,
    perform: async (_, index) => {
      moves.push(...(await renameFiles(repository, index, options)));
      await syncFolders(
        workTree,
        moves.flatMap(({ from, to }) => [from, to]),
      );
      return {
        set: await Promise.all(moves.map(move => movedEntry(workTree, index, move))),
        remove: moves.map(move => move.from),
      };
    },
  });
  return moves;
}

async function renameFiles(
  repository: Repository,
  index: IndexState,
  options: MoveOptions,
): Promise<readonly MovedFile[]> {
  const workTree = await workTreeOf(repository);
  const destination = repositoryPath(repository, options.cwd, options.destination);
  const isFolder = destination === '' || (await lstat(workTree, destination))?.kind === 'directory';
  if (options.sources.length > 1 && !isFolder)
    throw new MgitError('USAGE', `${options.destination} is not a folder`, {
      hint: 'several files can only be moved into a folder',
    });
  const moves: MovedFile[] = [];
  for (const typed of options.sources) {
    const from = repositoryPath(repository, options.cwd, typed);
    const name = from.slice(from.lastIndexOf('/') + 1);
    const to = isFolder ? (destination === '' ? name : `${destination}/${name}`) : destination;
    await refuseOverwrite(workTree, to, options.force === true);
    const files = movesOf(index, from, to);
    if (files.length === 0)
      throw new MgitError('PATHSPEC_UNMATCHED', `${typed} is not tracked`, {
        hint: 'move untracked files with the system, or "mgit add" them first',
      });
    await rename(workTree, from, to);
    moves.push(...files);
  }
  return moves;
}

function movesOf(index: IndexState, from: string, to: string): MovedFile[] {
  return [...index.tracked.keys()]
    .filter(path => path === from || path.startsWith(`${from}/`))
    .map(path => ({ from: path, to: `${to}${path.slice(from.length)}` }));
}

async function refuseOverwrite(workTree: WorkTree, to: string, force: boolean): Promise<void> {
  const there = await lstat(workTree, to);
  if (there === undefined || (force && there.kind !== 'directory')) return;
  throw new MgitError('DESTINATION_EXISTS', `${to} exists`, { hint: 'choose another name, or use -f' });
}

async function rename(workTree: WorkTree, from: string, to: string): Promise<void> {
  const { fs } = workTree.ports;
  const parent = to.includes('/') ? `${workTree.root}/${to.slice(0, to.lastIndexOf('/'))}` : workTree.root;
  await fs.makeDirectory(parent);
  await fs.rename(`${workTree.root}/${from}`, `${workTree.root}/${to}`);
}

/** A rename keeps the content but not the change time: the entry learns the new one if it was clean by its old stat data. */
async function movedEntry(workTree: WorkTree, index: IndexState, move: MovedFile): Promise<IndexEntry> {
  const entry = index.tracked.get(move.from) as IndexEntry;
  const stat = await lstat(workTree, move.to);
  const now = stat === undefined ? undefined : indexStat(stat);
  const isClean =
    !isRacy(entry, index) &&
    now?.size === entry.size &&
    now.mtimeSeconds === entry.mtimeSeconds &&
    now.mtimeNanoseconds === entry.mtimeNanoseconds;
  return { ...entry, ...(isClean ? now : { size: 0 }), path: move.to };
}
