import { expect, test } from 'vitest';
import { gitFailed } from '../../../../src/store/history/system/git-program.ts';

/** What becomes of a run of git that failed with these messages. */
function failed(stderr: string): Error {
  return gitFailed(['update-ref', '--stdin'], { code: 128, stdout: '', stderr });
}

test.each([
  [
    "fatal: prepare: cannot lock ref 'refs/heads/b': Unable to create '/r/.git/refs/heads/b.lock': Read-only file system",
    { code: 'EROFS', path: '/r/.git/refs/heads/b.lock' },
  ],
  [
    'error: could not lock config file /r/.git/config: Permission denied',
    { code: 'EACCES', path: '/r/.git/config' },
  ],
  ['error: x\nfatal: write error: No space left on device\n', { code: 'ENOSPC' }],
])('what git says of the machine is the error of the system: %s', (stderr, error) => {
  expect(failed(stderr)).toMatchObject({ ...error, syscall: 'git update-ref' });
});

test('what is about another machine, and everything else, is the failure of git', () => {
  for (const stderr of [
    'remote: fatal: write error: No space left on device\nerror: remote unpack failed',
    'git@example.org: Permission denied (publickey).',
    'fatal: something else',
  ])
    expect(failed(stderr)).toMatchObject({ code: 'GIT_FAILED' });
});

test('where git does not say why it could not write, the disk is to be looked at', () => {
  expect(failed("fatal: couldn't write '/r/.git/refs/heads/b.lock'")).toMatchObject({
    hint: 'look whether the disk is full',
  });
});
