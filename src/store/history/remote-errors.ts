import { MgitError } from '../../base/errors.ts';

export function remoteAuth(remote: string, said: string): MgitError {
  return new MgitError('REMOTE_AUTH', `${withoutPassword(remote)} refused the credentials: ${said}`, {
    hint: "check your key or token, and Git's credential helper for this host",
  });
}

export function remoteNotFound(remote: string, said: string): MgitError {
  return new MgitError('REMOTE_NOT_FOUND', `there is no repository at ${withoutPassword(remote)}: ${said}`, {
    hint: 'check the URL, and that you may read it',
  });
}

export function remoteUnreachable(remote: string, said: string, cause?: unknown): MgitError {
  return new MgitError('REMOTE_UNREACHABLE', `${withoutPassword(remote)} did not answer: ${said}`, {
    hint: 'check the network and the URL, and try again',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A URL fit for messages and logs. */
export function withoutPassword(remote: string): string {
  return remote.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
