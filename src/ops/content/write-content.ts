import { dirname } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import type { Repository } from '../repository.ts';

/** Writes bytes to a file (absolute) that appears when all of them are there, and on disk. Returns how many they were. */
export async function writeContent(
  { ports, mgitDirectory }: Pick<Repository, 'ports' | 'mgitDirectory'>,
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const unfinished = unfinishedFiles(ports, `${mgitDirectory}/tmp`);
  const temporary = await unfinished.pathFor(path).catch((error: unknown) => {
    throw notWritable(path, error);
  });
  const file = await ports.fs.open(temporary, 'create');
  let at = 0;
  try {
    for await (const slice of bytes) {
      await file.write(slice, at);
      at += slice.length;
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await ports.fs.removeFile(temporary);
    throw error;
  }
  await file.close();
  await unfinished.finish(temporary, path).catch(async (error: unknown) => {
    await ports.fs.removeFile(temporary);
    throw notWritable(path, error);
  });
  await ports.fs.syncDirectory(dirname(path));
  return at;
}

function notWritable(path: string, cause: unknown): unknown {
  if (!isSystemError(cause, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS')) return cause;
  return new MgitError('OUTPUT_NOT_WRITABLE', `cannot write ${path} (${cause.code})`, {
    hint: 'name a file in a directory that exists and that you may write to',
    cause,
  });
}
