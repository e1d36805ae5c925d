import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { chooseCoding, SHORTEST_CODED, samplePlaces } from '../extents/choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from '../extents/coding.ts';
import { readStored } from '../extents/sample-extent.ts';
import type { WriteSession } from '../extents/session.ts';
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

/** Writes stored extents anew through a session whose packs lie elsewhere. Errors: those of reading, `EXTENT_CORRUPT`. */
export async function exportRecords(
  { extents }: ExportScope,
  session: WriteSession,
  { onEvent, signal }: LongOperation,
): Promise<Exported> {
  const total = bytesOf(extents);
  let done = 0;
  try {
    for (const extent of extents) {
      signal?.throwIfAborted();
      onEvent?.({ type: 'progress', phase: 'code tensors', done, total, unit: 'bytes' });
      const coding = await codingFor(extent, session);
      const { digest, length } = extent;
      await recode({ digest, length, coding, atMost: Number.POSITIVE_INFINITY }, session, signal);
      done += length;
    }
    // Not the session's own end, which is about the packs of the store.
    return { packs: await session.packs.finish() };
  } catch (error) {
    await session.packs.abort();
    throw error;
  }
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
