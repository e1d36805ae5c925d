import { MgitError } from '../../base/errors.ts';

export function revisionUnknown(revision: string): MgitError {
  return new MgitError('REVISION_UNKNOWN', `no commit or object is called ${JSON.stringify(revision)}`, {
    hint: 'run `mgit branch`, `mgit tag` or `mgit log` to see what there is',
  });
}

export function revisionAmbiguous(revision: string): MgitError {
  return new MgitError(
    'REVISION_AMBIGUOUS',
    `${JSON.stringify(revision)} abbreviates the ids of several objects`,
    { hint: 'give more digits of the id' },
  );
}
