import type { Digest } from '../../base/ids.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import { referencesOf } from '../extents/references.ts';
import type { WriteSession } from '../extents/session.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import { decodeLowRank, decodeScaling } from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { ExportedExtent } from './export-records.ts';

/** A stored record that is computed from a base and factors, and the factors. */
export interface FactoredRecord {
  readonly record: LocatedRecord;
  readonly factors: readonly ExportedExtent[];
}

/** The record of an extent that is stored as its base and factors, to be copied as it is; undefined for any other. Errors: `PACK_CORRUPT`. */
export async function factoredRecord(
  { digest, base }: ExportedExtent,
  session: WriteSession,
): Promise<FactoredRecord | undefined> {
  const record = await session.lookup(digest);
  const entry = record?.segments.length === 1 ? record.segments[0]?.entry : undefined;
  if (!record || !entry || base === undefined) return undefined;
  const references = factorsOf(entry);
  if (references.length === 0 || referencesOf(entry)[0] !== base) return undefined;
  const factors: ExportedExtent[] = [];
  for (const { digest, dtype } of references) {
    const length = (await session.lookup(digest as Digest))?.length;
    if (length === undefined) return undefined;
    factors.push({ digest: digest as Digest, length, dtype, base: undefined });
  }
  return { record, factors };
}

function factorsOf(entry: PackEntry) {
  if (entry.kind === RECORD_KINDS.ia3) return [decodeScaling(entry).vector];
  if (entry.kind !== RECORD_KINDS.lowRank) return [];
  const { left, right } = decodeLowRank(entry);
  return [left, right];
}
