import { join } from 'node:path';
import { removeStale } from '../unfinished/remove-stale.ts';
import { type CollectionPlace, collect } from './collect.ts';
import { readPackTimes } from './pack-times.ts';
import type { StoreMaintenance } from './store-maintenance.ts';

/** The maintenance of an open store. */
export function storeMaintenance(place: CollectionPlace): StoreMaintenance {
  const { fs, clock, local } = place;
  return {
    packTimes: () => readPackTimes(fs, local),
    collect: (scope, options = {}) => collect(place, scope, options),
    removeUnfinished: async () => {
      const temporary = join(place.directory, 'tmp');
      await fs.makeDirectory(temporary);
      await removeStale(fs, temporary, clock.now());
    },
  };
}
