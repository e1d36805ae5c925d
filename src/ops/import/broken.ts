import { isMgitError, MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { FileVersion } from './survey.ts';

/** A version of a file that cannot become a model, and why. */
export interface BrokenVersion extends FileVersion {
  /** The Git LFS object that should hold it. */
  readonly oid?: Digest;
  readonly code: string;
  readonly message: string;
}

/** What would go wrong with every version: it ends the import. */
const OF_ALL =
  /^(?:REMOTE_|TRANSFER_REFUSED|LFS_PROTOCOL|EXTENT_MISSING|EXTENT_CORRUPT|PACK_|STORE_|INTERRUPTED)/;

/** A broken version made of an error that concerns it alone. Any other is thrown. */
export function brokenVersion(version: FileVersion, error: unknown, oid?: Digest): BrokenVersion {
  if (!isMgitError(error) || OF_ALL.test(error.code)) throw error;
  const { code, message } = error;
  const { id, path, commit } = version;
  return { id, path, commit, code, message, ...(oid === undefined ? {} : { oid }) };
}

const SHOWN = 10;

/** Nothing has moved yet. Errors: `LFS_OBJECTS_MISSING` where bytes are not to be had, `IMPORT_UNREADABLE` where no format reads them. */
export function refuseBroken(
  code: 'LFS_OBJECTS_MISSING' | 'IMPORT_UNREADABLE',
  broken: readonly BrokenVersion[],
): MgitError {
  const lines = broken.slice(0, SHOWN).map(({ path, commit, oid, message }) => {
    const object = oid === undefined ? '' : ` (Git LFS object ${oid})`;
    return `\n  ${path} of commit ${commit.slice(0, 12)}${object}: ${message}`;
  });
  const more = broken.length > SHOWN ? `\n  and ${broken.length - SHOWN} more: see --json` : '';
  const what = code === 'LFS_OBJECTS_MISSING' ? 'cannot be had' : 'cannot be read as models';
  return new MgitError(code, `${broken.length} versions of files ${what}:${lines.join('')}${more}`, {
    hint: 'leave paths out with --exclude <glob>, or only these versions with --leave-broken; what is stored already is not stored again',
    details: { versions: broken },
  });
}
