import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { listModels } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/** An extent of a commit that does not give its bytes. */
export interface UnverifiedExtent {
  readonly path: string;
  readonly digest: Digest;
  readonly tensors: readonly string[];
  readonly code: string;
  readonly message: string;
}

/** What verifying a commit found. */
export interface CommitVerification {
  readonly commit: CommitId;
  readonly models: number;
  readonly extents: number;
  /** Of these, those that were recomputed by a recipe. */
  readonly recomputed: number;
  readonly bytes: number;
  readonly failures: readonly UnverifiedExtent[];
}

/**
 * Reads every extent of a commit's models, recomputes those that are recipes, and compares their digests with the manifests. Errors:
 * `REVISION_UNKNOWN`, `MANIFEST_CORRUPT`; what cannot be read or is different is a result.
 */
export async function verifyCommit(
  repository: Repository,
  revision: string,
  options: LongOperation = {},
): Promise<CommitVerification> {
  const commit = await repository.history.resolveCommit(revision);
  const seen = new Set<Digest>();
  const failures: UnverifiedExtent[] = [];
  let [models, recomputed, bytes] = [0, 0, 0];
  for await (const { path, manifest } of listModels(repository, commit)) {
    models++;
    for (const { digest, length } of manifest.extents) {
      options.signal?.throwIfAborted();
      if (seen.has(digest)) continue;
      seen.add(digest);
      bytes += length;
      options.onEvent?.({ type: 'progress', phase: 'verify', done: bytes, total: undefined, unit: 'bytes' });
      if ((await repository.store.describe(digest))?.kind === 'recipe') recomputed++;
      const error = await failureOf(repository, digest, options);
      if (!error) continue;
      const tensors = manifest.tensors.filter(({ extent }) => extent.digest === digest);
      failures.push({ path, digest, tensors: tensors.map(({ name }) => name), ...error });
    }
  }
  return { commit, models, extents: seen.size, recomputed, bytes, failures };
}

async function failureOf(
  { store }: Repository,
  digest: Digest,
  { signal }: LongOperation,
): Promise<Pick<UnverifiedExtent, 'code' | 'message'> | undefined> {
  try {
    for await (const _slice of store.read(digest, undefined, signal ? { signal } : {}));
    return undefined;
  } catch (error) {
    if (!isMgitError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}
