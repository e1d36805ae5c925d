import { isMgitError } from '../../base/errors.ts';
import type { CommitId, Digest, ObjectId, PackId } from '../../base/ids.ts';

/** Something that is not as it should be. */
export interface FsckProblem {
  readonly code: string;
  readonly message: string;
  /** `note`: nothing that a ref reaches is concerned, or it was taken down on purpose. */
  readonly level: 'error' | 'note';
  readonly pack?: PackId;
  /** The extent that is damaged or missing. */
  readonly digest?: Digest;
  /** The Git object that is damaged or missing. */
  readonly object?: ObjectId;
  readonly affects?: Affected;
}

/** What cannot be read because of a problem. */
export interface Affected {
  readonly files: readonly string[];
  readonly tensors: readonly string[];
  /** Newest first. */
  readonly commits: readonly CommitId[];
  /** Refs whose history holds one of the commits. */
  readonly refs: readonly string[];
}

/** A problem made of an expected error. Any other is thrown: a bug. */
export function problemOf(
  error: unknown,
  where: Pick<FsckProblem, 'pack' | 'digest' | 'object'> = {},
): FsckProblem {
  if (!isMgitError(error)) throw error;
  return { code: error.code, message: error.message, level: 'error', ...where };
}
