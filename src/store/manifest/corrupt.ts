import { MgitError } from '../../base/errors.ts';

/** The error of a manifest that is not the canonical text of any manifest. Lines count from 1. */
export function manifestCorrupt(line: number, problem: string): MgitError {
  return new MgitError('MANIFEST_CORRUPT', `manifest line ${line}: ${problem}`, {
    hint: 'Restore the file from another commit or clone; manifests are never edited by hand.',
    details: { line },
  });
}
