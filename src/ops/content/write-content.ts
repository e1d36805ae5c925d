import { dirname } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { PlacedBytes } from '../../formats/write/blueprint.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import type { Repository } from '../repository.ts';

type Files = Pick<Repository, 'ports' | 'mgitDirectory'>;

/** Writes bytes to a file (absolute) that appears when all of them are there, and on disk. Returns how many they were. */
export function writeContent(
  files: Files,
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  return writePlaced(files, path, inSequence(bytes));
}

/** Slices with their places, from the start of the file. */
export async function* inSequence(
  slices: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<PlacedBytes> {
  let offset = 0;
  for await (const bytes of slices) {
    yield { offset, bytes };
    offset += bytes.length;
  }
}

/** The same with bytes that come in any order, each with its place in the file. */
export async function writePlaced(
  { ports, mgitDirectory }: Files,
  path: string,
  pieces: AsyncIterable<PlacedBytes>,
): Promise<number> {
  const unfinished = unfinishedFiles(ports, `${mgitDirectory}/tmp`);
  const temporary = await unfinished.pathFor(path).catch((error: unknown) => {
    throw notWritable(path, error);
  });
  const file = await ports.fs.open(temporary, 'create');
  let written = 0;
  try {
    for await (const { offset, bytes } of pieces) {
      await file.write(bytes, offset);
      written += bytes.length;
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
  return written;
}

function notWritable(path: string, cause: unknown): unknown {
  if (!isSystemError(cause, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS')) return cause;
  return new MgitError('OUTPUT_NOT_WRITABLE', `cannot write ${path} (${cause.code})`, {
    hint: 'name a file in a directory that exists and that you may write to',
    cause,
  });
}
