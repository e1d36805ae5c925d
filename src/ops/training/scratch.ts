import { join } from 'node:path';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import type { Repository } from '../repository.ts';

/** A folder in mgit's own directory that is removed when it goes out of scope (`await using`). */
export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty folder for the work of one operation. */
export async function scratchFolder(repository: Repository, name: string): Promise<ScratchFolder> {
  const { fs } = repository.ports;
  const parent = join(repository.mgitDirectory, 'tmp');
  await makeDurableDirectory(fs, parent);
  const path = await fs.makeTemporaryDirectory(join(parent, `${name}-`));
  return { path, [Symbol.asyncDispose]: () => fs.removeDirectory(path, { recursive: true }) };
}
