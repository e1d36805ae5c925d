import { isMgitError } from '../../base/errors.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { Coding } from './coding.ts';
import type { FrameJob } from './engine.ts';
import { exactReader } from './exact-reader.ts';
import { framesToCodeAgainst, type LayerFrame, storedBytes } from './frames-beneath.ts';
import { readBeneath } from './read-coded.ts';
import { extentCorrupt, type ReadContext, readExtent } from './read-extent.ts';

/** What one frame is coded against, in memory of the pool. */
export interface BaseFrame extends Pick<FrameJob, 'base' | 'beneath'> {
  /** Gives the memory back. */
  release(): void;
  /** An error of coding, which may lie in what the frame is coded against. */
  errorOf(error: unknown): unknown;
}

/** What the frames of an extent are coded against, in their order. */
export interface BaseFrames {
  /** For the next frame, of `length` bytes. Errors: those of reading. */
  take(length: number): Promise<BaseFrame>;
  close(): Promise<void>;
}

/** Reads what a coding refers to: where that can be, as it is stored, to be decoded in the kernels' memory, else as its bytes. */
export function baseFrames(
  { kind, base, elements }: Coding & { readonly base: NonNullable<Coding['base']> },
  context: ReadContext,
): BaseFrames {
  let frames: Promise<BaseFrames> | undefined;
  const open = async (): Promise<BaseFrames> => {
    const layers = kind === RECORD_KINDS.xor ? await framesToCodeAgainst(base, elements, context) : undefined;
    return layers ? storedFrames(layers, context) : decodedFrames(base, context);
  };
  return {
    take: async length => {
      frames ??= open();
      return (await frames).take(length);
    },
    close: async () => void (await (await frames?.catch(() => undefined))?.close()),
  };
}

function storedFrames(layers: readonly (readonly LayerFrame[])[], context: ReadContext): BaseFrames {
  let at = 0;
  return {
    take: async length => {
      const frames = layers[at++] ?? [];
      if (frames[0]?.frame.rawLength !== length)
        throw new Error('a base is as long as what is coded against it');
      const room = await context.buffers.acquire(storedBytes(frames));
      const release = (): void => context.buffers.release(room);
      try {
        const beneath = await readBeneath(frames, room, context);
        return { base: undefined, beneath, release, errorOf: error => damageIn(frames, error) };
      } catch (error) {
        release();
        throw error;
      }
    },
    close: async () => {},
  };
}

/** A damaged frame is told by the extent that it belongs to. */
function damageIn(frames: readonly LayerFrame[], error: unknown): unknown {
  if (!isMgitError(error, 'FRAME_CORRUPT')) return error;
  const damaged = frames[Number(error.details?.layer) - 1];
  return damaged ? extentCorrupt(damaged.segment, error.message, error) : error;
}

function decodedFrames(base: NonNullable<Coding['base']>, context: ReadContext): BaseFrames {
  const reader = exactReader(readExtent(base, undefined, context), context.buffers);
  return {
    take: async length => {
      const bytes = await reader.take(length);
      return {
        base: bytes,
        beneath: undefined,
        release: () => context.buffers.release(bytes),
        errorOf: error => error,
      };
    },
    close: () => reader.close(),
  };
}
