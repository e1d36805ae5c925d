import { isMgitError, MgitError, systemCode } from '../base/errors.ts';

/** What the machine, and not mgit, is to blame for: code, what it means, what to do. */
const FAILURES: Readonly<Record<string, readonly [code: string, meaning: string, hint: string]>> = {
  ENOSPC: ['DISK_FULL', 'no space is left on the disk', 'free some space, then run the command again'],
  EDQUOT: [
    'QUOTA_EXCEEDED',
    'your disk quota is used up',
    'remove files of yours or ask for more, then run the command again',
  ],
  EROFS: [
    'FILE_SYSTEM_READ_ONLY',
    'the file system is read-only',
    'mount it for writing, or work on a copy of the repository',
  ],
  EACCES: [
    'PERMISSION_DENIED',
    'permission denied',
    'look at the owner and the permissions of that path and of the folders around it',
  ],
  EPERM: [
    'PERMISSION_DENIED',
    'the operation is not permitted',
    'look at the owner and the permissions of that path and of the folders around it',
  ],
  EIO: [
    'DEVICE_FAILED',
    'the device does not read or write',
    'check the disk, then the repository with "mgit fsck"',
  ],
  EMFILE: ['TOO_MANY_FILES', 'too many files are open', 'raise the limit with "ulimit -n"'],
  ENOENT: [
    'FILE_VANISHED',
    'it is not there, or no longer',
    'run the command again when no other program moves or removes these files',
  ],
  ENFILE: ['TOO_MANY_FILES', 'the machine has too many files open', 'close other programs'],
};

/**
 * The error that a user is told of: failures of the machine (a full disk, missing permissions) get a code and a hint wherever they
 * happened; any other error stays what it is, a bug.
 */
export function systemFailure(error: unknown): unknown {
  if (isMgitError(error) || !(error instanceof Error)) return error;
  const { path, syscall, cause } = error as NodeJS.ErrnoException;
  const code = systemCode(error);
  if (syscall === undefined) return cause === undefined ? error : explained(error, cause);
  if (syscall.startsWith('spawn') && code === 'ENOENT') return error; // Whoever starts a program says what it is for.
  const failure = FAILURES[String(code)];
  if (failure === undefined) return error;
  const [name, meaning, hint] = failure;
  return new MgitError(name, path === undefined ? meaning : `${path}: ${meaning}`, { hint, cause: error });
}

/** A plain error that a failure of the machine caused. */
function explained(error: Error, cause: unknown): unknown {
  const failure = systemFailure(cause);
  return isMgitError(failure) && failure !== cause ? failure : error;
}
