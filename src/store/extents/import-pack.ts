import { dirname } from 'node:path';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { PackKeeper } from '../maintenance/pack-keeper.ts';
import { storeChanged } from '../maintenance/store-changed.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import { type OpenPack, openPackFile } from '../packs/open-pack.ts';
import { packCorrupt } from '../packs/pack-error.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { ReceivedPack } from '../tensor-store.ts';
import type { LocalPacks } from './local-packs.ts';

/** Where packs are moved to, and what keeps them from gc there. */
export interface Importing {
  readonly local: LocalPacks;
  readonly keeper: PackKeeper;
}

/** Checks a received pack file's structure, makes it durable and moves it among the others. Errors: `PACK_CORRUPT`, `STORE_CHANGED`. */
export async function importPack(
  { id, path }: ReceivedPack,
  fs: FileSystem,
  { local, keeper }: Importing,
): Promise<void> {
  const pack = await openPackFile(fs, path, id);
  try {
    checkRecords(pack);
  } finally {
    await pack.file.close();
  }
  await makeDurable(fs, path);
  const target = local.path(id);
  await makeDurableDirectory(fs, dirname(target));
  await fs.rename(path, target);
  await fs.syncDirectory(dirname(target));
  if (!(await keeper.keep(id))) throw storeChanged();
  local.include(id);
  await local.refresh();
}

/** Checks every entry and frame of an index, and that each digest occurs once, in order. Errors: `PACK_CORRUPT`. */
export function checkRecords({ id, index }: OpenPack): void {
  let before = '';
  for (let position = 0; position < index.entryCount; position++) {
    const entry = index.entryAt(position);
    if (entry.digest <= before) throw packCorrupt(id, 'its records are not sorted by digest');
    before = entry.digest;
    if (entry.kind !== RECORD_KINDS.recipe) index.framesOf(entry);
    else if (entry.frameCount !== 0) throw packCorrupt(id, `record ${entry.digest}: a recipe has no frames`);
  }
}

async function makeDurable(fs: FileSystem, path: string): Promise<void> {
  const file = await fs.open(path, 'update');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
