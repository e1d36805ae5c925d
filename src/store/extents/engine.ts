import type { Digest } from '../../base/ids.ts';
import type { ElementLayout } from '../packs/codecs/codec.ts';

/** A frame to code or to decode. Bytes may be in shared memory and must stay as they are until the job is done. */
export interface FrameJob {
  readonly kind: number;
  readonly elements: ElementLayout;
  readonly bytes: Uint8Array;
  /** The same range of the extent that an XOR record refers to. */
  readonly base: Uint8Array | undefined;
}

/** SHA-256 of bytes given in order. */
export interface StreamHasher {
  /** Resolves when `bytes` may change again. */
  update(bytes: Uint8Array): Promise<void>;
  /** Ends the stream. */
  digest(): Promise<Digest>;
}

/** Where bytes are hashed and coded: in this thread for little work, in worker threads for much. */
export interface Engine {
  hasher(): StreamHasher;
  encode(job: FrameJob): Promise<Uint8Array>;
  /** Exactly `rawLength` bytes. Errors: `FRAME_CORRUPT`, `RECORD_UNSUPPORTED`. */
  decode(job: FrameJob, rawLength: number): Promise<Uint8Array>;
  /** How many jobs run at the same time. */
  readonly width: number;
}
