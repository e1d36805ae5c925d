import { readIndexState } from '../store/worktree/index-session.ts';
import type { Check } from './doctor.ts';
import { DRIVER_SETTINGS } from './install.ts';
import type { Repository } from './repository.ts';
import { UNFILTERED_HINT, unfilteredModels } from './worktree/unfiltered.ts';
import { workTreeOf } from './worktree/work-tree.ts';

/** Looks at what plain Git, and people who use it, do with the models of a repository. */
export async function examineRepository(repository: Repository): Promise<readonly Check[]> {
  const filter = await checkFilter(repository);
  return repository.history.workTree === undefined ? [filter] : [filter, await checkModels(repository)];
}

async function checkFilter({ history }: Repository): Promise<Check> {
  const name = 'filter';
  const found = new Map((await history.listConfig()).map(({ key, value }) => [key.toLowerCase(), value]));
  const missing = DRIVER_SETTINGS.map(([key]) => key).filter(key => !found.has(key));
  if (missing.length > 0)
    return {
      name,
      status: 'absent',
      detail: `${missing.join(', ')} not configured here`,
      neededFor: 'plain git add, checkout and merge of models: run "mgit install"',
    };
  return {
    name,
    status: 'present',
    detail: `plain git works on models: ${found.get('filter.mgit.process')}`,
  };
}

async function checkModels(repository: Repository): Promise<Check> {
  const name = 'models';
  const paths = await unfilteredModels(repository, await readIndexState(await workTreeOf(repository)));
  if (paths.length === 0) return { name, status: 'present', detail: 'all of them are in the store' };
  const detail = `committed without mgit, Git itself holds their bytes: ${paths.join(', ')}`;
  return { name, status: 'absent', detail, neededFor: `the store: ${UNFILTERED_HINT}` };
}
