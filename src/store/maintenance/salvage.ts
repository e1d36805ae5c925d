import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import type { ReadContext } from '../extents/read-extent.ts';
import { readWhole } from '../extents/verify-packs.ts';
import { type OpenPack, openPackFile } from '../packs/open-pack.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import type { CollectionPlace } from './collect.ts';
import { copyRecords } from './copy-records.ts';
import { entriesOf } from './pack-references.ts';

/**
 * Copies what still gives its bytes out of packs that are damaged elsewhere, as far as the store without them lacks it. `place` is that
 * store. Parts of records that go on in other packs are copied as they are: nobody can tell whether they are whole. Returns the new packs.
 */
export async function salvage(
  place: CollectionPlace,
  { packs, read }: { readonly packs: Iterable<PackId>; readonly read: ReadContext },
  options: LongOperation,
): Promise<readonly PackId[]> {
  const written: PackId[] = [];
  for (const id of packs) {
    const pack = await openIfReadable(place, id);
    if (!pack) continue;
    try {
      written.push(...(await copyIntact(place, { pack, read }, options)));
    } finally {
      await pack.file.close();
    }
  }
  return written;
}

async function copyIntact(
  place: CollectionPlace,
  { pack, read }: { readonly pack: OpenPack; readonly read: ReadContext },
  options: LongOperation,
): Promise<readonly PackId[]> {
  const records = await intactRecords(pack, read);
  const writer = place.write();
  try {
    await copyRecords(records, writer, options);
    const written = await writer.finish();
    for (const id of written) place.local.include(id);
    return written;
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await place.local.refresh();
  }
}

async function openIfReadable({ fs, local }: CollectionPlace, id: PackId): Promise<OpenPack | undefined> {
  try {
    return await openPackFile(fs, local.path(id), id);
  } catch (error) {
    if (isMgitError(error, 'PACK_CORRUPT')) return undefined;
    throw error;
  }
}

/** The records of a pack that the store lacks and that can be read, in rounds: some need others of the same pack. */
async function intactRecords(pack: OpenPack, read: ReadContext): Promise<readonly LocatedRecord[]> {
  const intact = new Map<Digest, LocatedRecord>();
  let waiting: PackEntry[] = [];
  for (const entry of entriesOf(pack)) if (!(await read.lookup(entry.digest))) waiting.push(entry);
  for (let count = -1; count !== waiting.length; ) {
    count = waiting.length;
    const left: PackEntry[] = [];
    for (const entry of waiting) {
      const record = recordOf(pack, entry);
      if (await isIntact(record, intact, read)) intact.set(entry.digest, record);
      else left.push(entry);
    }
    waiting = left;
  }
  return [...intact.values()];
}

/** One pack's part of a record, as a record of its own. */
export function recordOf(pack: OpenPack, entry: PackEntry): LocatedRecord {
  const [from, to] = [entry.segmentStart, entry.segmentStart + entry.segmentSpan];
  return { digest: entry.digest, length: entry.length, segments: [{ pack, entry, from, to }] };
}

async function isIntact(
  record: LocatedRecord,
  known: ReadonlyMap<Digest, LocatedRecord>,
  read: ReadContext,
): Promise<boolean> {
  const [segment] = record.segments;
  if (segment && segment.to - segment.from !== record.length) return true;
  const lookup: ReadContext['lookup'] = async digest =>
    digest === record.digest ? record : (known.get(digest) ?? (await read.lookup(digest)));
  try {
    await readWhole(record.digest, { ...read, lookup });
    return true;
  } catch (error) {
    if (isMgitError(error)) return false;
    throw error;
  }
}
