import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import { parseRange } from '../history/log.ts';
import { listModels, type ModelFile } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/** The models of a commit by their paths. */
export interface Version {
  readonly commit: CommitId;
  readonly models: ReadonlyMap<string, ModelFile>;
}

/** More versions would make records that refer to more inputs than is good for whoever reads them. */
const MOST_VERSIONS = 256;

/**
 * The commits that are averaged: revisions in their order, and of a range the first parents, the oldest first. A commit with the same models as the one
 * before does not count. Errors: `REVISION_UNKNOWN`, `AVERAGE_TOO_FEW`, `AVERAGE_TOO_MANY`.
 */
export async function chooseVersions(
  repository: Repository,
  revisions: readonly string[],
): Promise<readonly Version[]> {
  const versions: Version[] = [];
  let last: string | undefined;
  for (const revision of revisions)
    for (const commit of await commitsOf(repository, revision)) {
      const models = new Map<string, ModelFile>();
      for await (const model of listModels(repository, commit)) models.set(model.path, model);
      const key = [...models.values()].map(({ path, id }) => `${path} ${id}`).join('\n');
      if (key !== last) versions.push({ commit, models });
      last = key;
      if (versions.length > MOST_VERSIONS) throw tooMany();
    }
  if (versions.length >= 2) return versions;
  throw new MgitError('AVERAGE_TOO_FEW', `there are ${versions.length} versions of the models to average`, {
    hint: 'name a range of commits that changed them, such as main~10..main, or several revisions',
  });
}

async function commitsOf(repository: Repository, revision: string): Promise<readonly CommitId[]> {
  const { include, exclude } = await parseRange(repository, revision);
  if (exclude.length === 0) return include;
  const found: CommitId[] = [];
  for await (const { id } of repository.history.walk({ include, exclude, firstParent: true })) {
    found.push(id);
    if (found.length > MOST_VERSIONS * 16) throw tooMany();
  }
  return found.reverse();
}

function tooMany(): MgitError {
  return new MgitError('AVERAGE_TOO_MANY', `more than ${MOST_VERSIONS} versions cannot be averaged at once`, {
    hint: 'name a shorter range',
  });
}
