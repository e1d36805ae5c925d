import { MgitError } from '../../base/errors.ts';
import { globMatcher } from '../../base/globs.ts';
import type { CommitId } from '../../base/ids.ts';
import type { MergeRule } from '../../merge/merge-settings.ts';
import { listModels } from '../history/manifests-at.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';

/**
 * Refuses rules of the command line that name nothing in any of the commits: neither a path nor a tensor. A misspelt name would otherwise
 * decide nothing, in silence. Manifests are read only as long as a rule is not found. Errors: `MERGE_RULE_UNMATCHED`.
 */
export async function refuseUnmatched(
  repository: Repository,
  rules: readonly MergeRule[],
  commits: readonly CommitId[],
): Promise<void> {
  let open = rules.map(({ match }) => ({ match, matches: globMatcher(match) }));
  const found = (name: string): void => {
    if (open.some(({ matches }) => matches(name))) open = open.filter(({ matches }) => !matches(name));
  };
  for (const commit of commits)
    if (open.length > 0) for (const { path } of await filesOf(repository, commit)) found(path);
  for (const commit of commits)
    if (open.length > 0)
      for await (const { manifest } of listModels(repository, commit))
        for (const { name } of manifest.tensors) found(name);
  const [first] = open;
  if (first === undefined) return;
  throw new MgitError('MERGE_RULE_UNMATCHED', `no tensor and no file is called ${first.match}`, {
    hint: 'see the names with "mgit merge --dry-run --json", or "mgit show HEAD:<model>"',
  });
}
