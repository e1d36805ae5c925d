import { MgitError } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../base/ids.ts';
import { EMPTY_DIGEST } from '../../store/extents/empty-extent.ts';
import { openModel } from '../content/stored-model.ts';
import type { Repository } from '../repository.ts';

/** What is to be taken down, as a user names it. */
export interface PurgeTarget {
  /** A digest of 64 hexadecimal digits, or `<revision>:<path>` of a model. */
  readonly what: string;
  /** Of the model, only this tensor. */
  readonly tensor?: string | undefined;
  /** Absolute: where `./` paths start. */
  readonly cwd: string;
}

/**
 * The extents that a target is, of a model all that hold tensors. Errors: `USAGE`, `NOT_A_MODEL`, `TENSOR_UNKNOWN`, `PATH_UNKNOWN`,
 * `REVISION_UNKNOWN`.
 */
export async function purgeTargets(
  repository: Repository,
  { what, tensor, cwd }: PurgeTarget,
): Promise<ReadonlySet<Digest>> {
  if (!what.includes(':')) return new Set([digestOf(what, tensor)]);
  const model = await openModel(repository, what, cwd);
  if (tensor !== undefined) model.tensor(tensor);
  const chosen = model.manifest.tensors.filter(({ name }) => tensor === undefined || name === tensor);
  return new Set(chosen.map(({ extent }) => extent.digest).filter(digest => digest !== EMPTY_DIGEST));
}

function digestOf(text: string, tensor: string | undefined): Digest {
  if (tensor !== undefined)
    throw new MgitError('USAGE', '--tensor goes with <revision>:<path>: a digest is one extent');
  if (/^[0-9a-f]{64}$/.test(text)) return parseDigest(text);
  throw new MgitError('USAGE', `${JSON.stringify(text)} is neither a digest nor <revision>:<path>`, {
    hint: 'a digest has 64 hexadecimal digits: see the manifest, "git show <revision>:<path>"',
  });
}
