import { unfinishedFiles } from '../store/unfinished/unfinished-files.ts';
import type { Repository } from './repository.ts';

/** Writes files of the work tree's own Git directory, such as `MERGE_HEAD`: each whole or not at all, and durable in the end. */
export async function writeGitFiles(
  repository: Repository,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { history, ports, mgitDirectory } = repository;
  const { gitDirectory } = history;
  const unfinished = unfinishedFiles(ports, `${mgitDirectory}/tmp`);
  for (const [name, text] of Object.entries(files))
    await unfinished.write(`${gitDirectory}/${name}`, Buffer.from(text));
  await ports.fs.syncDirectory(gitDirectory);
}
