import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import { clearCondemned, writeCondemned } from './condemned.ts';
import type { RetirementPlace } from './retire-packs.ts';
import { withRetirementLock } from './retirement-lock.ts';

/**
 * Moves damaged packs to `quarantine/`, out of everybody's sight; nothing is deleted. What they held is durable elsewhere by now, as far
 * as it can be had. Errors: `STORE_LOCKED`.
 */
export function quarantine(place: RetirementPlace, packs: readonly PackId[]): Promise<void> {
  return withRetirementLock(place, place.directory, async () => {
    const { fs, directory, local } = place;
    const folder = join(directory, 'quarantine');
    await makeDurableDirectory(fs, folder);
    await writeCondemned(fs, directory, packs);
    try {
      for (const id of packs) await fs.rename(local.path(id), join(folder, `${id}.pack`)).catch(ignoreGone);
      await fs.syncDirectory(folder);
    } finally {
      await clearCondemned(fs, directory);
    }
    await local.refresh();
  });
}

function ignoreGone(error: unknown): void {
  if (!isSystemError(error, 'ENOENT')) throw error;
}
