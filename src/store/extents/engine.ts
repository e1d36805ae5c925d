import type { Digest } from '../../base/ids.ts';
import type { ElementLayout, FramePrediction, FramesBeneath } from '../packs/codecs/codec.ts';

/** A frame to code or to decode. Bytes may be in shared memory and must stay as they are until the job is done. */
export interface FrameJob {
  readonly kind: number;
  readonly elements: ElementLayout;
  readonly bytes: Uint8Array;
  /** The same range of the extent that the record is coded against. */
  readonly base: Uint8Array | undefined;
  /** In place of `base`, for `xor`: what that would be decoded from. */
  readonly beneath?: FramesBeneath | undefined;
  readonly prediction?: FramePrediction | undefined;
}

/** Frames of one extent under way at most: they keep every thread busy while one is read and one is written. More only take memory. */
export const framesUnderWay = ({ width }: Pick<Engine, 'width'>): number => 2 * width + 2;

/** SHA-256 of bytes given in order. */
export interface StreamHasher {
  /** Takes its turn at once; resolves when `bytes` may change again. */
  update(bytes: Uint8Array): Promise<void>;
  /** The same, and the checksum of these bytes as a frame: together they take less time than one after the other. */
  updateFrame(bytes: Uint8Array): Promise<bigint>;
  /** Ends the stream. */
  digest(): Promise<Digest>;
}

/** Where bytes are hashed and coded: in this thread for little work, in worker threads for much. */
export interface Engine {
  /** How many jobs run at the same time. */
  readonly width: number;
  hasher(): StreamHasher;
  /** SHA-256 of consecutive parts of `bytes`, by their lengths. */
  digests(bytes: Uint8Array, lengths: readonly number[]): Promise<readonly Digest[]>;
  /** The checksum of a frame's stored bytes. */
  checksum(bytes: Uint8Array): Promise<bigint>;
  encode(job: FrameJob): Promise<Uint8Array>;
  /**
   * Fills `target` with the decoded frame and returns it. The job's bytes, which may lie in it, those beneath, and `target` are given away,
   * and may be gone then: memory that is not shared moves to a thread, and `target` comes back as another object. Errors: `FRAME_CORRUPT`, `RECORD_UNSUPPORTED`.
   */
  decode(job: FrameJob, target: Uint8Array): Promise<Uint8Array>;
}
