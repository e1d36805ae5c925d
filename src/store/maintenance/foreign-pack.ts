import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import { chainCost } from '../extents/chain.ts';
import { checkRecords } from '../extents/import-pack.ts';
import type { PackLookup } from '../extents/local-packs.ts';
import type { ReadContext } from '../extents/read-extent.ts';
import { kindOf, referencesOf } from '../extents/references.ts';
import { readWhole } from '../extents/verify-packs.ts';
import { type OpenPack, openPackFile, openPackIn } from '../packs/open-pack.ts';
import { packCorrupt } from '../packs/pack-error.ts';
import type { RecordKind } from '../packs/records.ts';
import { entryBytes } from './entry-bytes.ts';
import { entriesOf } from './pack-references.ts';

/** A record of a pack that is not part of a store. */
export interface ForeignRecord {
  readonly digest: Digest;
  readonly kind: RecordKind;
  readonly length: number;
  /** Bytes that it takes, its part of the index included. */
  readonly storedLength: number;
  readonly dependsOn: readonly Digest[];
}

/** What was found in a pack that came from elsewhere. */
export interface ForeignPack {
  readonly id: PackId;
  readonly records: readonly ForeignRecord[];
  /** Extents below its records that neither it nor the store has. Nothing was decoded then. */
  readonly missing: readonly Digest[];
  /** Stored extents whose chains are too long for records on top: flatten them, then check again. Nothing was decoded then. */
  readonly deep: readonly Digest[];
}

/** The records of a pack, not decoded. Errors: `PACK_CORRUPT`, `RECORD_UNSUPPORTED`. */
export async function listForeignPack(file: OpenFile, name: string): Promise<readonly ForeignRecord[]> {
  return recordsOf(await openPackIn(file, name));
}

/** Checks a pack file before it becomes part of a store, which believes its packs. Errors: `PACK_CORRUPT`, `EXTENT_CORRUPT`, `RECORD_UNSUPPORTED`. */
export async function checkForeignPack(
  path: string,
  { fs, read }: { readonly fs: FileSystem; readonly read: ReadContext },
  { onEvent }: LongOperation,
): Promise<ForeignPack> {
  const pack = await openPackFile(fs, path);
  try {
    const records = recordsOf(pack);
    const lookup = lookupThrough(pack, read.lookup);
    const found = { id: pack.id, records, ...(await problemsBelow(records, lookup)) };
    if (found.missing.length > 0 || found.deep.length > 0) return found;
    for (const [done, { digest }] of records.entries()) {
      onEvent?.({ type: 'progress', phase: 'check tensors', done, total: records.length, unit: 'items' });
      await readWhole(digest, { ...read, lookup });
    }
    return found;
  } finally {
    await pack.file.close();
  }
}

function recordsOf(pack: OpenPack): readonly ForeignRecord[] {
  checkRecords(pack);
  return [...entriesOf(pack)].map(entry => {
    if (entry.segmentSpan !== entry.length) throw packCorrupt(pack.id, 'it holds only part of a record');
    const { digest, length } = entry;
    const storedLength = entryBytes(pack.index, entry);
    return { digest, length, kind: kindOf(entry), storedLength, dependsOn: referencesOf(entry) };
  });
}

/** What the pack says comes first: it is what is checked. */
function lookupThrough(pack: OpenPack, below: PackLookup): PackLookup {
  return async digest => {
    const entry = pack.index.find(digest);
    if (!entry) return below(digest);
    return { digest, length: entry.length, segments: [{ pack, entry, from: 0, to: entry.length }] };
  };
}

async function problemsBelow(
  records: readonly ForeignRecord[],
  lookup: PackLookup,
): Promise<Pick<ForeignPack, 'missing' | 'deep'>> {
  const [missing, deep] = [new Set<Digest>(), new Set<Digest>()];
  const own = new Set(records.map(({ digest }) => digest));
  for (const { digest, dependsOn } of records)
    try {
      await chainCost(digest, lookup);
    } catch (error) {
      const stored = dependsOn.filter(below => !own.has(below));
      if (isMgitError(error, 'EXTENT_MISSING')) missing.add(error.details?.digest as Digest);
      else if (!isMgitError(error, 'RECORD_TOO_DEEP') || stored.length === 0) throw error;
      else for (const below of stored) deep.add(below);
    }
  return { missing: [...missing], deep: [...deep] };
}
