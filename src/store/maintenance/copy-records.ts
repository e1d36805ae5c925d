import type { LongOperation } from '../../base/events.ts';
import { endOfEntry, type LocatedRecord } from '../extents/locate.ts';
import { readExactly } from '../packs/open-pack.ts';
import { packCorrupt } from '../packs/pack-error.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import type { PackWriter, PlacedFrame } from '../packs/pack-writer.ts';
import { framesOfEntry } from './entry-bytes.ts';

/** Whether a record can be copied frame by frame: its parts follow each other, and are coded alike. */
export function isCopyable({ segments }: LocatedRecord): boolean {
  const [first] = segments;
  return segments.every(
    ({ entry, from, to }) =>
      from === entry.segmentStart && to === endOfEntry(entry) && isCodedLike(entry, first?.entry ?? entry),
  );
}

function isCodedLike(one: PackEntry, other: PackEntry): boolean {
  return (
    one.kind === other.kind &&
    one.elementSize === other.elementSize &&
    one.flags === other.flags &&
    Buffer.compare(one.parameters, other.parameters) === 0
  );
}

/** Copies records as they are coded. Nothing is decoded: damage stays what it is. Errors: `PACK_CORRUPT`. */
export async function copyRecords(
  records: readonly LocatedRecord[],
  writer: PackWriter,
  { onEvent, signal }: LongOperation,
): Promise<void> {
  for (const [done, record] of records.entries()) {
    signal?.throwIfAborted();
    onEvent?.({ type: 'progress', phase: 'copy records', done, total: records.length, unit: 'items' });
    await copyRecord(record, writer);
  }
}

async function copyRecord(record: LocatedRecord, writer: PackWriter): Promise<void> {
  const entry = record.segments[0]?.entry;
  if (!entry || !isCopyable(record)) throw packCorrupt(record.digest, 'a record is coded in several ways');
  const frames: PlacedFrame[] = [];
  for (const segment of record.segments)
    for (const { offset, storedLength, rawLength } of framesOfEntry(segment.pack.index, segment.entry)) {
      const place = { offset, length: storedLength, name: segment.pack.id };
      const { frame, written } = writer.place(await readExactly(segment.pack.file, place), rawLength);
      frames.push(frame);
      await written;
    }
  const { kind, elementSize, flags, parameters, segmentStart } = entry;
  // Its own memory: the index of the old pack can go.
  const own = Uint8Array.from(parameters);
  writer.record({
    ...{ digest: record.digest, length: record.length, kind, elementSize, flags, frames },
    ...{ parameters: own, segmentStart },
  });
}
