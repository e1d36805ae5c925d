import type { Kernels } from '../../../tensor/kernels/kernels.ts';
import type { Prediction } from '../../../tensor/prediction.ts';

/** How the elements of an extent are laid out, as far as coding is concerned. */
export interface ElementLayout {
  /** Bytes of one element: 1, 2, 4 or 8. */
  readonly elementSize: number;
  /** Whether elements are rotated left by one bit, which puts the exponent of BF16 and F32 into one byte. */
  readonly rotate: boolean;
}

/** How a frame is predicted from its base. */
export interface FramePrediction {
  readonly prediction: Prediction;
  /** Where the frame begins in the extent, in bytes. */
  readonly offset: number;
}

/**
 * Stored frames one after the other, by their lengths: the same range of the record that a frame refers to, of the one that that one refers
 * to, and so on down to `planes`, all of the same elements.
 */
export interface FramesBeneath {
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
}

/** What a codec is given besides the bytes. */
export interface FrameContext {
  readonly kernels: Kernels;
  readonly elements: ElementLayout;
  /** The same range of the extent that the record refers to, for codecs that need one. */
  readonly base: Uint8Array | undefined;
  /** In place of `base`, for `xor`: what that would be decoded from. */
  readonly beneath?: FramesBeneath | undefined;
  /** For kinds whose frames are coded against a prediction. */
  readonly prediction?: FramePrediction | undefined;
}

/**
 * How the frames of one record kind hold their bytes: one file in `src/store/packs/codecs/`, listed in `registry.ts`. Both
 * directions are pure functions of their arguments; `docs/format.md` specifies the bytes.
 */
export interface FrameCodec {
  readonly kind: number;
  readonly name: string;
  readonly needsBase: boolean;
  encode(raw: Uint8Array, context: FrameContext): Uint8Array;
  /**
   * Fills `target`, which is as long as the raw frame. `stored` may lie in the same memory: it is read before anything is written. Never
   * allocates more than a few times the target's length, plus a constant. Errors: `FRAME_CORRUPT`.
   */
  decode(stored: Uint8Array, target: Uint8Array, context: FrameContext): void;
}
