import type { FileSystem } from '../../base/ports/file-system.ts';

/** Does work that gives the file at `path` its content and its name; when that fails, the file is removed. */
export async function orRemove<Result>(
  fs: Pick<FileSystem, 'removeFile'>,
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await fs.removeFile(path).catch(() => {}); // It may never have been made. What went wrong first is what counts.
    throw error;
  }
}
