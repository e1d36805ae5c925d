import type { Digest } from '../../base/ids.ts';
import { frameCodec, recordUnsupported } from '../packs/codecs/registry.ts';
import { packCorrupt } from '../packs/pack-error.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import { decodeLowRank, decodeScaling, isPredicted } from '../packs/prediction-parameters.ts';
import { decodeRecipe } from '../packs/recipe-parameters.ts';
import { RECORD_KINDS, type RecordKind } from '../packs/records.ts';
import type { LocatedRecord } from './locate.ts';

/** The kind of an entry. Errors: `RECORD_UNSUPPORTED`. */
export function kindOf(entry: PackEntry): RecordKind {
  const found = Object.entries(RECORD_KINDS).find(([, number]) => number === entry.kind);
  if (!found) throw recordUnsupported(entry.kind);
  return found[0] as RecordKind;
}

/** The digest of the extent that an entry's frames are coded against. Errors: `PACK_CORRUPT`. */
export function baseOf(entry: PackEntry): Digest {
  const { parameters, digest, kind } = entry;
  const isWhole = isPredicted(kind) ? parameters.length >= 32 : parameters.length === 32;
  if (!isWhole) throw packCorrupt(digest, 'its record names no other extent');
  return Buffer.from(parameters.subarray(0, 32)).toString('hex') as Digest;
}

/** The extents that an entry's bytes are computed from. Errors: `RECORD_UNSUPPORTED`, `RECIPE_INVALID`, `PACK_CORRUPT`. */
export function referencesOf(entry: PackEntry): readonly Digest[] {
  if (entry.kind === RECORD_KINDS.recipe)
    return decodeRecipe(entry.parameters).inputs.map(input => input.digest);
  if (entry.kind === RECORD_KINDS.lowRank) {
    const { base, left, right } = decodeLowRank(entry);
    return [base, left.digest, right.digest];
  }
  if (entry.kind === RECORD_KINDS.ia3) {
    const { base, vector } = decodeScaling(entry);
    return [base, vector.digest];
  }
  return frameCodec(entry.kind).needsBase ? [baseOf(entry)] : [];
}

/** The extents that a record's bytes are computed from, each once. */
export function dependenciesOf(record: LocatedRecord): readonly Digest[] {
  return [...new Set(record.segments.flatMap(({ entry }) => referencesOf(entry)))];
}
