import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LossSettings, type Recorded, violationWithout } from './losses.ts';

/** What asks for a sync, and what goes wrong without it: the first violation that was found, if any. */
export type SyncSites = Map<string, string | undefined>;

/**
 * Takes each line of `src/` that asked for a sync out of a recording in turn, and notes what these settings find then. A line
 * that was shown to be needed before is passed over.
 */
export async function noteSyncSites(
  recorded: Recorded,
  sites: SyncSites,
  settings: LossSettings,
): Promise<void> {
  const asked = recorded.events.flatMap(event => (event.type === 'sync' ? [event.site] : []));
  for (const site of new Set(asked))
    if (sites.get(site) === undefined) sites.set(site, await violationWithout(recorded, site, settings));
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
