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

/** Writes the filter, diff and merge drivers to the repository's own (`local`) or the user's (`global`) configuration. */
export async function installDrivers(
  repository: Pick<Repository, 'history'>,
  scope: 'local' | 'global',
): Promise<void> {
  const local = new Map(
    (await repository.history.listConfig()).map(({ key, value }) => [key.toLowerCase(), value]),
  );
  for (const [key, value] of DRIVER_SETTINGS)
    if (scope === 'global' || local.get(key) !== value) await repository.history.setConfig(key, value, scope);
}
