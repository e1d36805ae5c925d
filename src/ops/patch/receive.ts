import { join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { extractPack, type Patch } from '../../store/patches/read-patch.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import { dropPurged } from '../maintenance/drop-purged.ts';
import type { Repository } from '../repository.ts';
import { extentsAfter } from './check-base.ts';

/**
 * Brings the tensors and files of a patch into the repository; no ref moves. Everything is checked before the store takes it. Errors:
 * `PATCH_BASE_MISSING`, `PACK_CORRUPT`, `EXTENT_CORRUPT`.
 */
export async function receivePatch(
  repository: Repository,
  patch: Patch,
  { path, ...long }: LongOperation & { readonly path: string },
): Promise<void> {
  if (patch.lengths.pack > 0) await receivePack(repository, path, long);
  const lost = await repository.store.keep(extentsAfter(patch));
  if (lost.length > 0) throw baseMissing(lost);
  for (const { bytes, type } of patch.objects.values())
    if (type === 'blob') await repository.history.writeBlob(bytes);
}

async function receivePack(repository: Repository, path: string, long: LongOperation): Promise<void> {
  const { ports, mgitDirectory, store } = repository;
  await unfinishedFiles(ports, join(mgitDirectory, 'tmp')).prepare();
  const directory = await ports.fs.makeTemporaryDirectory(join(mgitDirectory, 'tmp', 'patch-'));
  try {
    const pack = join(directory, 'received.pack');
    await extractPack(ports.fs, path, pack);
    const { id } = await checkedPack(repository, pack, long);
    await store.importPack(id, pack);
    await dropPurged(repository, long);
  } finally {
    await ports.fs.removeDirectory(directory, { recursive: true });
  }
}

async function checkedPack({ store }: Repository, pack: string, long: LongOperation) {
  const found = await store.maintenance.checkForeign(pack, long);
  if (found.missing.length > 0) throw baseMissing(found.missing);
  if (found.deep.length === 0) return found;
  await store.maintenance.flatten(found.deep, long);
  return store.maintenance.checkForeign(pack, long);
}

function baseMissing(digests: readonly Digest[]): MgitError {
  return new MgitError(
    'PATCH_BASE_MISSING',
    `${digests.length} tensors that the patch builds on are not here`,
    {
      hint: 'get its base first: "mgit patch show" names the commit, "mgit fetch" brings it',
      details: { digests },
    },
  );
}
