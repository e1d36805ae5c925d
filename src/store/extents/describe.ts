import type { PackId } from '../../base/ids.ts';
import type { ExtentInfo } from '../packs/records.ts';
import type { LocatedRecord } from './locate.ts';
import { dependenciesOf, kindOf } from './references.ts';

/** What the store knows of a record. */
export function describeRecord(record: LocatedRecord): ExtentInfo {
  const first = record.segments[0];
  if (!first) throw new Error('a located record has segments');
  return {
    digest: record.digest,
    length: record.length,
    kind: kindOf(first.entry),
    storedLength: record.segments.reduce((total, { pack, entry }) => {
      const frames = first.entry.frameCount === 0 ? [] : pack.index.framesOf(entry);
      return total + frames.reduce((sum, frame) => sum + frame.storedLength, 0);
    }, 0),
    packs: [...new Set(record.segments.map(({ pack }): PackId => pack.id))],
    dependsOn: dependenciesOf(record),
  };
}
