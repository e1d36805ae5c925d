import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { FileStat } from '../../base/ports/file-system.ts';
import type { TreeFile } from '../history/history.ts';
import { looksLikeManifest } from '../manifest/read-lines.ts';
import { parseManifest } from '../manifest/read-manifest.ts';
import { type UnfinishedFiles, unfinishedFiles } from '../unfinished/unfinished-files.ts';
import { type Attributes, isModel } from './attributes.ts';
import { lstat } from './compare.ts';
import { convertedContent, needsConversion } from './conversion.ts';
import { parentsOf } from './index-edit.ts';
import type { WorkTree } from './work-tree.ts';

/**
 * Writes a file of a tree to the work tree, whole or not at all, and returns its metadata: a model from the store (or, `asManifest`, what
 * stands in for it), a symbolic link as one, anything else as Git would. What stands at the path is replaced. Errors: `PATH_BLOCKED` when a file or a link
 * stands where a directory must; those of the store.
 */
export async function writeTreeFile(
  workTree: WorkTree,
  file: TreeFile,
  context: {
    readonly attributes: Attributes;
    readonly long?: LongOperation;
    readonly asManifest?: boolean;
  },
): Promise<FileStat> {
  const { fs } = workTree.ports;
  const path = `${workTree.root}/${file.path}`;
  await makeParents(workTree, file.path);
  const attributes = await context.attributes.of(file.path);
  const blob = await workTree.history.readBlob(file.id);
  if (file.mode === 0o120000 && workTree.settings.symlinks) await writeLink(workTree, path, blob);
  else if (isModel(attributes) && looksLikeManifest(blob) && file.mode !== 0o120000 && !context.asManifest) {
    await workTree.store.restoreFile(parseManifest(blob), path, context.long);
    if (file.mode === 0o100755) await fs.chmod(path, (await fs.stat(path)).mode | 0o111);
  } else {
    const convert = file.mode !== 0o120000 && needsConversion(attributes, workTree.settings.convertsLineEnds);
    const bytes = convert ? await convertedContent(workTree, file.path, file.id) : blob;
    await unfinishedFilesOf(workTree).write(path, bytes, file.mode === 0o100755 ? 0o777 : 0o666);
  }
  return fs.lstat(path);
}

async function writeLink(workTree: WorkTree, path: string, target: Uint8Array): Promise<void> {
  const { fs } = workTree.ports;
  const text = Buffer.from(target).toString('utf8');
  await unfinishedFilesOf(workTree).replace(path, temporary => fs.symlink(text, temporary));
}

function unfinishedFilesOf({ ports, history }: WorkTree): UnfinishedFiles {
  return unfinishedFiles(ports, `${history.commonDirectory}/mgit/tmp`);
}

/** Nothing is written through a link: a tree must not reach outside the work tree. */
async function makeParents(workTree: WorkTree, path: string): Promise<void> {
  const { fs } = workTree.ports;
  const parts = path.split('/').slice(0, -1);
  let at = workTree.root;
  for (const part of parts) {
    at = `${at}/${part}`;
    const stat = await fs.lstat(at).catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (stat === undefined) await fs.makeDirectory(at);
    else if (stat.kind !== 'directory')
      throw new MgitError('PATH_BLOCKED', `${at} is a ${stat.kind} where a directory must be`, {
        hint: 'move it away, then run the command again',
      });
  }
}

/** Removes a file of the work tree, and the directories that it leaves empty. */
export async function removeTreeFile(workTree: WorkTree, path: string): Promise<void> {
  const stat = await lstat(workTree, path);
  if (stat !== undefined && stat.kind !== 'directory')
    await workTree.ports.fs.removeFile(`${workTree.root}/${path}`);
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    if (!(await removeIfEmpty(workTree, path.slice(0, at)))) return;
}

/** Removes files, and makes that durable. */
export async function removeTreeFiles(workTree: WorkTree, paths: readonly string[]): Promise<void> {
  for (const path of paths) await removeTreeFile(workTree, path);
  await syncFolders(workTree, paths);
}

/**
 * Makes durable which files stand at paths of the work tree: each folder above them, or what is left of it, once. Their content
 * is durable since they were written.
 */
export async function syncFolders({ ports, root }: WorkTree, paths: readonly string[]): Promise<void> {
  const folders = new Set(paths.flatMap(path => ['', ...parentsOf(path)]));
  for (const folder of folders)
    await ports.fs.syncDirectory(`${root}/${folder}`).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    });
}

async function removeIfEmpty(workTree: WorkTree, directory: string): Promise<boolean> {
  try {
    await workTree.ports.fs.removeDirectory(`${workTree.root}/${directory}`);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EPERM', 'EBUSY', 'ENOTDIR')) return false;
    throw error;
  }
}
