import { freeMemory } from '../../base/free-memory.ts';
import { oneAtATime } from '../../base/one-at-a-time.ts';
import type { FramePrediction } from '../packs/codecs/codec.ts';
import type { PlacedFrame, Placing } from '../packs/pack-writer.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { type BaseFrame, type BaseFrames, baseFrames } from './base-frames.ts';
import type { Coding } from './coding.ts';
import type { StreamHasher } from './engine.ts';
import type { WriteSession } from './session.ts';

/** Codes and places the frames of one extent: coded in any order, placed in theirs. */
export interface FrameLine {
  /** Takes the next frame, which `hasher` gets at once, too; resolves when `bytes` may change again. */
  push(bytes: Uint8Array, hasher?: StreamHasher): Promise<void>;
  /** The frames so far, complete once every push has resolved. */
  readonly frames: readonly PlacedFrame[];
  close(): Promise<void>;
}

/** A line for an extent of the given coding. */
export function createFrameLine(coding: Coding, session: WriteSession): FrameLine {
  const { kind, elements, predicted } = coding;
  const base = basesOf(coding, session);
  const frames: PlacedFrame[] = [];
  const takeInOrder = oneAtATime();
  const placeInOrder = oneAtATime();

  const place = (stored: Uint8Array, rawLength: number): Placing => {
    const placing = session.packs.place(stored, rawLength);
    frames.push(placing.frame);
    return placing;
  };
  const placeRaw = async (bytes: Uint8Array, hasher: StreamHasher | undefined): Promise<void> => {
    const { frame, written } = place(bytes, bytes.length);
    if (!session.written) return void (await Promise.all([written, hasher?.update(bytes)]));
    const looking = hasher ? hasher.updateFrame(bytes) : session.engine.checksum(bytes);
    const [checksum] = await Promise.all([looking, written]);
    session.written.add(frame, checksum);
  };
  let position = 0;
  /** How the next frame is predicted. */
  const nextPrediction = (length: number): FramePrediction | undefined => {
    const offset = position;
    position += length;
    return predicted && { prediction: predicted.prediction, offset };
  };
  const encode = async (bytes: Uint8Array, taking: Promise<BaseFrame> | undefined): Promise<Uint8Array> => {
    const prediction = nextPrediction(bytes.length);
    const against = await taking;
    try {
      const job = { kind, elements, bytes, base: against?.base, beneath: against?.beneath, prediction };
      return await session.engine.encode(job);
    } catch (error) {
      throw against ? against.errorOf(error) : error;
    } finally {
      against?.release();
    }
  };
  const placeCoded = async (bytes: Uint8Array): Promise<void> => {
    const coded = encode(bytes, base && takeInOrder(() => base.take(bytes.length)));
    coded.catch(() => {}); // Seen when its turn to be placed comes.
    const { stored, written } = await placeInOrder(async () => {
      const stored = await coded;
      return { stored, ...place(stored, bytes.length) };
    });
    await written;
    freeMemory(stored);
  };

  return {
    frames,
    push: async (bytes, hasher) => {
      if (kind === RECORD_KINDS.raw) await placeRaw(bytes, hasher);
      else await Promise.all([hasher?.update(bytes), placeCoded(bytes)]);
    },
    close: async () => void (await base?.close()),
  };
}

/** What is coded against lies in buffers of its own: those of the file may all be waiting for it. */
function basesOf(coding: Coding, session: WriteSession): BaseFrames | undefined {
  const { base } = coding;
  if (base === undefined) return undefined;
  return baseFrames({ ...coding, base }, { ...session.readContext(), buffers: session.baseBuffers });
}
