import { isSystemError } from '../../base/errors.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { LocalPacks, PackLookup } from '../extents/local-packs.ts';
import { referencesOf } from '../extents/references.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import type { PackEntry } from '../packs/pack-index.ts';

/** Opens a pack; undefined where another process has removed it. */
export async function openIfThere(local: LocalPacks, id: PackId): Promise<OpenPack | undefined> {
  try {
    return await local.open(id);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The entries of a pack, in the order of their digests. */
export function* entriesOf({ index }: OpenPack): Generator<PackEntry> {
  for (let position = 0; position < index.entryCount; position++) yield index.entryAt(position);
}

/** The extents that the records of a pack refer to, each once. Errors: `RECORD_UNSUPPORTED`, `RECIPE_INVALID`, `PACK_CORRUPT`. */
export function referencesOfPack(pack: OpenPack): ReadonlySet<Digest> {
  const references = new Set<Digest>();
  for (const entry of entriesOf(pack)) for (const reference of referencesOf(entry)) references.add(reference);
  return references;
}

/** The other packs in which the extents are found that the records of a pack refer to. */
export async function packsBehind(pack: OpenPack, lookup: PackLookup): Promise<ReadonlySet<PackId>> {
  const packs = new Set<PackId>();
  for (const reference of referencesOfPack(pack))
    for (const segment of (await lookup(reference))?.segments ?? []) packs.add(segment.pack.id);
  packs.delete(pack.id);
  return packs;
}
