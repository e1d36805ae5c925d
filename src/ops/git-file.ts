import { unfinishedFiles } from '../store/unfinished/unfinished-files.ts';
import type { Repository } from './repository.ts';

/** Writes files of the work tree's own Git directory, such as `MERGE_HEAD`: each whole or not at all, and durable in the end. */
export async function writeGitFiles(
  repository: Repository,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const { gitDirectory } = repository.history;
  for (const [name, text] of Object.entries(files))
    await replaceFile(repository, `${gitDirectory}/${name}`, text);
  await repository.ports.fs.syncDirectory(gitDirectory);
}

async function replaceFile({ ports, mgitDirectory }: Repository, path: string, text: string): Promise<void> {
  const unfinished = unfinishedFiles(ports, `${mgitDirectory}/tmp`);
  const temporary = await unfinished.pathFor(path);
  const file = await ports.fs.open(temporary, 'create');
  try {
    await file.write(Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await unfinished.finish(temporary, path);
}
