import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { MergeRule } from '../../merge/merge-settings.ts';
import { ruleMatcher } from '../../merge/rules.ts';
import { listModels } from '../history/manifests-at.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';

/**
 * Refuses rules of the command line that name nothing in any of the commits: neither a tensor, nor a model, nor a file that is none. A
 * misspelt name would otherwise decide nothing, in silence. Commits are read only as long as a rule is not found. Errors:
 * `MERGE_RULE_UNMATCHED`.
 */
export async function refuseUnmatched(
  repository: Repository,
  rules: readonly MergeRule[],
  commits: readonly CommitId[],
): Promise<void> {
  let open = rules.map(({ match }) => ({ match, matches: ruleMatcher(match) }));
  const found = (name: string, path: string): void => {
    if (open.some(({ matches }) => matches(name, path)))
      open = open.filter(({ matches }) => !matches(name, path));
  };
  for (const commit of commits) {
    if (open.length === 0) return;
    const models = new Set<string>();
    for await (const { path, manifest } of listModels(repository, commit)) {
      models.add(path);
      for (const { name } of manifest.tensors) found(name, path);
    }
    for (const { path } of await filesOf(repository, commit)) if (!models.has(path)) found(path, path);
  }
  const [first] = open;
  if (first === undefined) return;
  throw new MgitError('MERGE_RULE_UNMATCHED', `no tensor, model or other file is called ${first.match}`, {
    hint: 'see the names with "mgit merge --dry-run --json", or "mgit show HEAD:<model>"; for a model all of its path, or <path>:<glob>',
  });
}
