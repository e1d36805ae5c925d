import type { Digest } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import { isPredicted } from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { CheckedFrames } from './checked-frames.ts';
import type { Engine } from './engine.ts';
import type { PackLookup } from './local-packs.ts';
import { endOfEntry, type LocatedSegment } from './locate.ts';
import { dependenciesOf } from './references.ts';

/** Looks at the stored bytes of every frame that an extent is read from. */
export interface FrameWatch {
  /** Resolves when `stored` may change again. */
  look(pack: OpenPack, frame: number, stored: Uint8Array): Promise<void>;
  /** Resolves when all frames so far have been looked at. Errors: {@link FrameDiffers}. */
  settled(): Promise<void>;
}

/** A frame does not have the checksum that was noted, or there is none. */
export class FrameDiffers extends Error {}

/** Compares frames with what was noted of them. */
export function comparingWatch(checked: CheckedFrames, engine: Engine): FrameWatch {
  return watch(async (pack, frame, stored) => {
    const [noted, found] = await Promise.all([checked.checksumOf(pack, frame), engine.checksum(stored)]);
    if (noted !== found) throw new FrameDiffers();
  });
}

/** Holds the checksums of frames until it is known whether they were right. */
export function notingWatch(
  checked: CheckedFrames,
  engine: Engine,
): FrameWatch & {
  /** Notes all of them: the digest was right. */
  confirm(): Promise<void>;
} {
  const seen: (() => Promise<void>)[] = [];
  const noting = watch(async (pack, frame, stored) => {
    const checksum = await engine.checksum(stored);
    seen.push(() => checked.note(pack, frame, checksum));
  });
  return {
    ...noting,
    confirm: async () => {
      for (const note of seen) await note();
    },
  };
}

function watch(look: FrameWatch['look']): FrameWatch {
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  return {
    look: (pack, frame, stored) => {
      const looking = look(pack, frame, stored);
      const ended = looking
        .catch(error => {
          failure ??= error;
        })
        .finally(() => underWay.delete(ended));
      underWay.add(ended);
      return looking;
    },
    settled: async () => {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure;
    },
  };
}

/**
 * Whether checksums were noted of all frames that an extent is read from. What is calculated in this thread, or lies in frames larger than
 * ours, is not checked so.
 */
export async function isChecked(
  digest: Digest,
  lookup: PackLookup,
  checked: CheckedFrames,
): Promise<boolean> {
  const record = await lookup(digest);
  if (record === undefined) return false;
  for (const segment of record.segments) if (!(await isSegmentChecked(segment, checked))) return false;
  for (const base of dependenciesOf(record)) if (!(await isChecked(base, lookup, checked))) return false;
  return true;
}

async function isSegmentChecked(
  { pack, entry, from, to }: LocatedSegment,
  checked: CheckedFrames,
): Promise<boolean> {
  if (entry.kind === RECORD_KINDS.recipe || isPredicted(entry.kind)) return false;
  if (from !== entry.segmentStart || to !== endOfEntry(entry)) return false;
  for (const [at, { rawLength }] of pack.index.framesOf(entry).entries()) {
    const noted = await checked.checksumOf(pack, entry.firstFrame + at);
    if (noted === undefined || rawLength > FRAME_BYTES) return false;
  }
  return true;
}
