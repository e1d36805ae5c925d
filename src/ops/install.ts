import type { Repository } from './repository.ts';

/** What Git must know to work on models: `[key, value]`. */
export const DRIVER_SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ['filter.mgit.process', 'mgit filter-process'],
  ['filter.mgit.required', 'true'],
  // No textconv or command: Git would write the whole model to a temporary file first. Manifests are text; Git's line diff is a tensor diff.
  ['diff.mgit.binary', 'false'],
  ['diff.mgit.xfuncname', '^(format .*|size .*)$'],
  ['merge.mgit.name', 'mgit: merge models tensor by tensor'],
  ['merge.mgit.driver', 'mgit merge-driver %O %A %B %P'],
];

/** A setting that says something else already. */
export interface KeptSetting {
  readonly key: string;
  readonly value: string;
}

/**
 * Writes the filter, diff and merge drivers to the repository's own (`local`) or the user's (`global`) configuration; nothing else of it is
 * touched, and no hook. What says something else already stays, and is returned, unless `force`.
 */
export async function installDrivers(
  repository: Pick<Repository, 'history'>,
  scope: 'local' | 'global',
  force = false,
): Promise<readonly KeptSetting[]> {
  const { history } = repository;
  const now = new Map((await history.listConfig()).map(({ key, value }) => [key.toLowerCase(), value]));
  const kept: KeptSetting[] = [];
  for (const [key, value] of DRIVER_SETTINGS) {
    const known = now.get(key);
    if (known !== undefined && known !== value && !force) kept.push({ key, value: known });
    else if (scope === 'global' || known !== value) await history.setConfig(key, value, scope);
  }
  return kept;
}
