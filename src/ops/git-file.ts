import { dirname } from 'node:path';
import { isSystemError } from '../base/errors.ts';
import { makeDurableDirectory } from '../store/packs/durable-directory.ts';
import { unfinishedFiles } from '../store/unfinished/unfinished-files.ts';
import { readText } from '../store/worktree/work-tree.ts';
import type { Repository } from './repository.ts';

/** Writes files of the work tree's own Git directory, such as `MERGE_HEAD`, in this order: each whole or not at all, and durable in the end. */
export async function writeGitFiles(
  repository: Repository,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { history, ports, mgitDirectory } = repository;
  const unfinished = unfinishedFiles(ports, `${mgitDirectory}/tmp`);
  const folders = new Set<string>();
  for (const [name, text] of Object.entries(files)) {
    const path = `${history.gitDirectory}/${name}`;
    await makeDurableDirectory(ports.fs, dirname(path));
    await unfinished.write(path, Buffer.from(text));
    folders.add(dirname(path));
  }
  for (const folder of folders) await ports.fs.syncDirectory(folder);
}

/** The text of a file of the Git directory, or undefined when there is none. */
export function readGitFile({ history, ports }: Repository, name: string): Promise<string | undefined> {
  return readText(ports, `${history.gitDirectory}/${name}`);
}

/** Removes files of the Git directory, and whole folders of it (`sequencer/`), in this order; what is not there is passed over. */
export async function removeGitFiles(repository: Repository, names: readonly string[]): Promise<void> {
  const { history, ports } = repository;
  let isChanged = false;
  for (const name of names) isChanged = (await removeGitFile(repository, name)) || isChanged;
  if (isChanged) await ports.fs.syncDirectory(history.gitDirectory);
}

async function removeGitFile({ history, ports }: Repository, name: string): Promise<boolean> {
  const path = `${history.gitDirectory}/${name}`;
  try {
    if (name.endsWith('/')) await ports.fs.removeDirectory(path.slice(0, -1), { recursive: true });
    else await ports.fs.removeFile(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
