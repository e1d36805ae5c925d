import { dirname, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { FileSystem } from '../../../base/ports/file-system.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { notARepository } from '../not-a-repository.ts';

/** A repository as found on disk, before its configuration is read. */
export interface FoundRepository {
  readonly gitDirectory: string;
  readonly commonDirectory: string;
  /** The directory whose `.git` was found, or where `GIT_DIR` was given; undefined for a directory that is a repository itself. */
  readonly workTree: string | undefined;
}

/** Finds the repository of a directory as git does: `GIT_DIR`, or upward to a `.git` directory, a `.git` file, or a bare repository. Errors: `NOT_A_REPOSITORY`. */
export async function discoverRepository(ports: Ports, directory: string): Promise<FoundRepository> {
  const { fs, env } = ports;
  if (env.GIT_DIR) return fromEnvironment(ports, directory, resolve(directory, env.GIT_DIR));
  const ceilings = (env.GIT_CEILING_DIRECTORIES ?? '').split(process.platform === 'win32' ? ';' : ':');
  for (let at = await fs.realPath(directory); ; at = dirname(at)) {
    const inside = await gitDirectoryAt(fs, join(at, '.git'));
    if (inside !== undefined) return { ...(await withCommonDirectory(fs, inside)), workTree: at };
    if (await isGitDirectory(fs, at)) return { ...(await withCommonDirectory(fs, at)), workTree: undefined };
    if (dirname(at) === at || ceilings.includes(dirname(at))) throw notARepository(directory);
  }
}

async function fromEnvironment(ports: Ports, directory: string, path: string): Promise<FoundRepository> {
  const gitDirectory = await gitDirectoryAt(ports.fs, path);
  if (gitDirectory === undefined) throw notARepository(path);
  const { GIT_WORK_TREE } = ports.env;
  const workTree = resolve(directory, GIT_WORK_TREE || '.');
  return { ...(await withCommonDirectory(ports.fs, gitDirectory)), workTree };
}

/** A `.git` directory, or what a `.git` file points at. */
async function gitDirectoryAt(fs: FileSystem, path: string): Promise<string | undefined> {
  const kind = await kindOf(fs, path);
  if (kind === 'directory') return (await isGitDirectory(fs, path)) ? fs.realPath(path) : undefined;
  if (kind !== 'file') return undefined;
  const target = /^gitdir: (.+?)\s*$/.exec(Buffer.from(await fs.readFile(path)).toString('utf8'))?.[1];
  const pointed = target === undefined ? undefined : resolve(dirname(path), target);
  if (pointed !== undefined && (await isGitDirectory(fs, pointed))) return fs.realPath(pointed);
  throw new MgitError('NOT_A_REPOSITORY', `${path} does not point at a repository`, {
    hint: 'run `git worktree repair`, or remove the file',
  });
}

async function isGitDirectory(fs: FileSystem, path: string): Promise<boolean> {
  if ((await kindOf(fs, join(path, 'HEAD'))) !== 'file') return false;
  const { commonDirectory } = await withCommonDirectory(fs, path);
  const kinds = ['objects', 'refs'].map(name => kindOf(fs, join(commonDirectory, name)));
  return (await Promise.all(kinds)).every(kind => kind === 'directory');
}

async function withCommonDirectory(
  fs: FileSystem,
  gitDirectory: string,
): Promise<{ readonly gitDirectory: string; readonly commonDirectory: string }> {
  const file = join(gitDirectory, 'commondir');
  if ((await kindOf(fs, file)) !== 'file') return { gitDirectory, commonDirectory: gitDirectory };
  const target = Buffer.from(await fs.readFile(file))
    .toString('utf8')
    .trim();
  return { gitDirectory, commonDirectory: resolve(gitDirectory, target) };
}

async function kindOf(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return (await fs.stat(path)).kind;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}
