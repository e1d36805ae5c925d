import { MgitError } from '../../base/errors.ts';

const FORBIDDEN = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/;

/** True when Git allows the name: `HEAD`, `MERGE_HEAD` and the like, or something below `refs/`. */
export function isRefName(ref: string): boolean {
  if (FORBIDDEN.test(ref) || !ref.isWellFormed()) return false;
  if (ref.split('/').some(part => part.startsWith('.') || part.endsWith('.lock'))) return false;
  return ref.startsWith('refs/') || /^[A-Z][A-Z_]*$/.test(ref);
}

/** Errors: `REF_INVALID`. */
export function checkRefName(ref: string): void {
  if (isRefName(ref)) return;
  throw new MgitError('REF_INVALID', `${JSON.stringify(ref)} is not a valid name of a ref`, {
    hint: 'use letters, digits, "-", "_" and "/"',
  });
}

export function refConflict(ref: string, why: string): MgitError {
  return new MgitError('REF_CONFLICT', `${ref} was not updated: ${why}`, {
    hint: 'look at the ref and try again',
    details: { ref },
  });
}

export function refLocked(ref: string, lock: string): MgitError {
  return new MgitError('REF_LOCKED', `${ref} is locked by another process (${lock} exists)`, {
    hint: 'wait for the other Git or mgit process; if none is running, remove the lock file',
    details: { ref, lock },
  });
}
