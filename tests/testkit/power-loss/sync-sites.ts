import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Recorded, violationWithout } from './losses.ts';

/** What asks for a sync, and what goes wrong without it: the first violation that was found, if any. */
export type SyncSites = Map<string, string | undefined>;

/**
 * Leaves out each sync of a recording in turn, and notes for its line of `src/` what that led to. A line that was shown to be
 * needed before is passed over.
 */
export async function noteSyncSites(recorded: Recorded, sites: SyncSites): Promise<void> {
  for (const event of recorded.events)
    if (event.type === 'sync' && sites.get(event.site) === undefined)
      sites.set(event.site, await violationWithout(recorded, event));
}

/** Every line of `src/` that asks for a sync, as the trace names them. */
export function syncSitesOf(source: string): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.startsWith('base/ports/'))
    .flatMap(file =>
      readFileSync(join(source, file), 'utf8')
        .split('\n')
        .flatMap((line, at) => (/\.(?:sync|syncDirectory)\(/.test(line) ? [`${file}:${at + 1}`] : [])),
    );
}
