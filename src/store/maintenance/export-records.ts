import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { chooseCoding, SHORTEST_CODED, samplePlaces } from '../extents/choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from '../extents/coding.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import { readStored } from '../extents/sample-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import { readWhole } from '../extents/verify-packs.ts';
import { copyRecords } from './copy-records.ts';
import { factoredRecord } from './export-factored.ts';
import { recode } from './recode.ts';

/** A stored extent to be written elsewhere. */
export interface ExportedExtent {
  readonly digest: Digest;
  readonly length: number;
  /** Of the tensors in it; undefined for what is no tensor. */
  readonly dtype: Dtype | undefined;
  /** A stored extent of equal length that the other side has. */
  readonly base: Digest | undefined;
}

/** What is written where. */
export interface ExportScope {
  /** Absolute; made where it is missing. */
  readonly directory: string;
  readonly extents: readonly ExportedExtent[];
}

/** What was written. */
export interface Exported {
  /** Packs in the directory, named as usual. */
  readonly packs: readonly PackId[];
}

/**
 * Writes stored extents anew through a session whose packs lie elsewhere. What is stored as factors on its base stays so, with the
 * factors. Errors: those of reading, `EXTENT_CORRUPT`.
 */
export async function exportRecords(
  { extents }: ExportScope,
  session: WriteSession,
  { onEvent, signal }: LongOperation,
): Promise<Exported> {
  const total = bytesOf(extents);
  const written = new Set<Digest>();
  let done = 0;
  try {
    for (const extent of extents) {
      signal?.throwIfAborted();
      onEvent?.({ type: 'progress', phase: 'code tensors', done, total, unit: 'bytes' });
      const factored = await factoredRecord(extent, session);
      for (const factor of factored?.factors ?? []) await exportOnce(factor, { session, written, signal });
      if (factored) await copyOnce(factored.record, { session, written, signal });
      else await exportOnce(extent, { session, written, signal });
      done += extent.length;
    }
    // Not the session's own end, which is about the packs of the store.
    return { packs: await session.packs.finish() };
  } catch (error) {
    await session.packs.abort();
    throw error;
  }
}

interface Exporting {
  readonly session: WriteSession;
  readonly written: Set<Digest>;
  readonly signal: AbortSignal | undefined;
}

/** A pack holds an extent once. */
async function exportOnce(extent: ExportedExtent, { session, written, signal }: Exporting): Promise<void> {
  const { digest, length } = extent;
  if (written.has(digest)) return;
  written.add(digest);
  const coding = await codingFor(extent, session);
  await recode({ digest, length, coding, atMost: Number.POSITIVE_INFINITY }, session, signal);
}

/** Read once first: a copy decodes nothing, and damage must not travel. */
async function copyOnce(record: LocatedRecord, { session, written, signal }: Exporting): Promise<void> {
  if (written.has(record.digest)) return;
  written.add(record.digest);
  await readWhole(record.digest, session.readContext(signal));
  await copyRecords([record], session.packs, signal ? { signal } : {});
}

/** Bytes of extents together. */
export function bytesOf(extents: readonly Pick<ExportedExtent, 'length'>[]): number {
  return extents.reduce((total, { length }) => total + length, 0);
}

/** The smallest coding of a sample, alone or against the base. */
export async function codingFor(
  { digest, length, dtype, base }: ExportedExtent,
  session: WriteSession,
): Promise<Coding> {
  if (length < SHORTEST_CODED) return RAW_CODING;
  const partsOf = async (of: Digest): Promise<Uint8Array[]> => {
    const parts: Uint8Array[] = [];
    for (const range of samplePlaces(length)) parts.push(await readStored(of, range, session));
    return parts;
  };
  const against = base === undefined ? undefined : { digest: base, parts: await partsOf(base) };
  return chooseCoding(
    { parts: await partsOf(digest), layouts: layoutsFor(dtype ?? 'U8'), base: against },
    session.engine,
  );
}
