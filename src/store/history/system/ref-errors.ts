import { MgitError } from '../../../base/errors.ts';
import { objectMissing } from '../objects/object-store.ts';
import { refConflict, refLocked } from '../ref-names.ts';

/** What git's refusal to change refs means. */
export function refError(refs: string, error: MgitError): MgitError {
  const stderr = String(error.details?.stderr ?? '');
  const ref = /ref '([^']+)'/.exec(stderr)?.[1] ?? refs;
  const lock = /Unable to create '([^']+\.lock)': File exists/i.exec(stderr)?.[1];
  if (lock !== undefined) return refLocked(ref, lock);
  const expectation = /(is at [0-9a-f]+ but expected [0-9a-f]+)/.exec(stderr)?.[1];
  if (expectation !== undefined) return refConflict(ref, `it ${expectation}`);
  if (/reference already exists/.test(stderr)) return refConflict(ref, 'it exists already');
  if (/unable to resolve reference|reference is missing/.test(stderr))
    return refConflict(ref, 'it does not exist');
  const clash = /('[^']+' exists; cannot create '[^']+')/.exec(stderr)?.[1];
  if (clash !== undefined) return refConflict(ref, clash);
  if (/cannot process '[^']+' and '[^']+' at the same time|multiple updates for/.test(stderr))
    return refConflict(ref, 'the updates contradict each other');
  const missing = /(?:nonexistent object|unable to read|bad object) ([0-9a-f]{40,64})/.exec(stderr)?.[1];
  if (missing !== undefined) return objectMissing(missing);
  const wrong = /trying to write non-commit object ([0-9a-f]+) to branch/.exec(stderr)?.[1];
  if (wrong !== undefined)
    return new MgitError('REF_INVALID', `a branch cannot point at ${wrong}, which is not a commit`);
  return error;
}
