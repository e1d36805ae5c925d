import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import { listPublishedPacks } from '../../remote/packs-ref.ts';
import type { Repository } from '../repository.ts';
import { entriesOf } from './git-directories.ts';

/**
 * Removes what is remembered of packs that are neither here nor, as far as is known, on any remote. Returns how many files; with
 * `dryRun` they stay.
 */
export async function removeStaleCaches(repository: Repository, dryRun: boolean): Promise<number> {
  const { ports, history, store, mgitDirectory } = repository;
  const known = new Set<string>(await store.listPacks());
  for (const { ref, id } of await history.listRefs('refs/mgit/'))
    if (ref.endsWith('/packs'))
      for (const pack of await listPublishedPacks(history, id as CommitId)) known.add(pack);
  let stale = 0;
  for (const folder of ['indexes', 'oids', 'checked'])
    for (const { name } of await entriesOf(ports.fs, join(mgitDirectory, folder))) {
      if (!/^[0-9a-f]{64}$/.test(name) || known.has(name)) continue;
      stale++;
      if (!dryRun) await ports.fs.removeFile(join(mgitDirectory, folder, name)).catch(ignoreGone);
    }
  return stale;
}

function ignoreGone(error: unknown): void {
  if (!isSystemError(error, 'ENOENT')) throw error;
}
