import { createHash } from 'node:crypto';
import type { Digest } from '../../base/ids.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import { type ChainCost, chainCost, costAbove } from './chain.ts';
import { chooseCoding, SHORTEST_CODED, samplePlaces } from './choose-coding.ts';
import { layoutsFor, RAW_CODING } from './coding.ts';
import { createFrameLine } from './frame-line.ts';
import type { WriteSession } from './session.ts';
import { recordExtent } from './write-extent.ts';

/** A factor that is in the store, or will be when the session has finished. */
export interface StoredFactor {
  readonly digest: Digest;
  readonly cost: ChainCost;
  /** Bytes that were stored for it. */
  readonly storedBytes: number;
}

/** Stores a factor as an extent of its own, once. Undefined where this session stores these bytes in a way that has no known cost. */
export async function storeFactor(
  bytes: Uint8Array,
  dtype: PredictedDtype,
  session: WriteSession,
): Promise<StoredFactor | undefined> {
  const digest = createHash('sha256').update(bytes).digest('hex') as Digest;
  if (await session.keeps(digest))
    return { digest, cost: await chainCost(digest, session.lookup), storedBytes: 0 };
  const cost = costAbove(bytes.length, []);
  if (session.plainFactors.has(digest)) return { digest, cost, storedBytes: 0 };
  if (!(await session.claim(digest))) return undefined;
  session.plainFactors.add(digest);
  return { digest, cost, storedBytes: await writeFactor(bytes, { digest, dtype }, session) };
}

async function writeFactor(
  bytes: Uint8Array,
  { digest, dtype }: { readonly digest: Digest; readonly dtype: PredictedDtype },
  session: WriteSession,
): Promise<number> {
  const parts = samplePlaces(bytes.length).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  const sample = { parts, layouts: layoutsFor(dtype), base: undefined };
  const coding = bytes.length < SHORTEST_CODED ? RAW_CODING : await chooseCoding(sample, session.engine);
  const line = createFrameLine(coding, session);
  for (let at = 0; at < bytes.length; at += FRAME_BYTES)
    await line.push(bytes.subarray(at, at + FRAME_BYTES));
  await line.close();
  return recordExtent({ digest, length: bytes.length, coding, frames: line.frames }, session).storedBytes;
}
