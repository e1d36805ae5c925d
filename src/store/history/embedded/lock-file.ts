import { dirname } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import type { OpenFile } from '../../../base/ports/file-system.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import { refConflict, refLocked } from '../ref-names.ts';

/** Git's lock on a file: `<path>.lock`, created exclusively, which becomes the file or goes. */
export interface LockFile {
  readonly path: string;
  write(text: string): Promise<void>;
  /** Makes what was written durable and renames it into place. */
  commit(): Promise<void>;
  /** Gives the lock up; does nothing after `commit`. */
  release(): Promise<void>;
}

/** As long as git waits for a ref by default: about 100 ms. */
const ATTEMPTS = 7;

/** Takes the lock of a file, waiting for a moment. Errors: `REF_LOCKED`; `REF_CONFLICT` when a file stands where a folder is needed. */
export async function takeLock(ports: Ports, path: string, ref: string): Promise<LockFile> {
  for (let attempt = 0; ; attempt++)
    try {
      await makeDurableDirectory(ports.fs, dirname(path));
      return lockFile(ports, path, await ports.fs.open(`${path}.lock`, 'create'));
    } catch (error) {
      if (isSystemError(error, 'ENOTDIR') || (isSystemError(error, 'EEXIST') && error.syscall === 'mkdir'))
        throw refConflict(ref, 'another ref stands where its folder would be');
      // ENOENT: another process removed the empty folder in between.
      if (!isSystemError(error, 'EEXIST', 'ENOENT')) throw error;
      if (attempt >= ATTEMPTS) throw refLocked(ref, `${path}.lock`);
      await ports.clock.sleep(2 ** attempt);
    }
}

function lockFile({ fs }: Ports, path: string, file: OpenFile): LockFile {
  let state: 'open' | 'closed' | 'gone' = 'open';
  const close = async (): Promise<void> => {
    if (state === 'open') await file.close();
    if (state === 'open') state = 'closed';
  };
  return {
    path,
    write: async text => {
      await file.write(Buffer.from(text), 0);
      await file.sync();
    },
    commit: async () => {
      await close();
      await fs.rename(`${path}.lock`, path);
      state = 'gone';
      await fs.syncDirectory(dirname(path));
    },
    release: async () => {
      await close();
      if (state !== 'gone') await fs.removeFile(`${path}.lock`);
      state = 'gone';
    },
  };
}
