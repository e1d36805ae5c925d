/** What git says when the machine is to blame, in the words of the C library, and the system's code for it. */
const CODES = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Permission denied': 'EACCES',
  'Input/output error': 'EIO',
} as const;

/** What the other side of a transfer says is about its machine. */
const REMOTE = /^remote: /;

const COMPLAINT = new RegExp(`(?:'([^']+)'|(/\\S+))?: (${Object.keys(CODES).join('|')})$`);

/**
 * The system error that git had, by its messages; undefined where it had another reason to fail. It is the error that mgit's own calls of
 * the system would have had, so that users are told the same, whoever of the two met it.
 */
export function gitSystemError(command: string, stderr: string): NodeJS.ErrnoException | undefined {
  for (const line of stderr.split('\n')) {
    const [, quoted, plain, meaning] = REMOTE.test(line) ? [] : (COMPLAINT.exec(line) ?? []);
    if (meaning === undefined) continue;
    const code = CODES[meaning as keyof typeof CODES];
    const path = quoted ?? plain;
    return Object.assign(new Error(line), { code, syscall: `git ${command}`, ...(path ? { path } : {}) });
  }
  return undefined;
}
