import type { Dtype } from '../../tensor/dtype.ts';

/** A tensor to be written. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Where a writer puts a tensor's data: dense, row-major, little-endian. `offset` is in bytes from the start of the file. */
export interface PlacedTensor extends TensorSpec {
  readonly offset: number;
  readonly length: number;
}

/** Bytes and where they belong in a file. */
export interface PlacedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file that is laid out and not yet written. The same tensors always give the same bytes. */
export interface Blueprint {
  /** Bytes of the whole file. */
  readonly size: number;
  /** In the order given; no two share a byte. */
  readonly tensors: readonly PlacedTensor[];
  /** Everything but the tensors' data, in the order of the file. `checksums` are the CRC-32 of the tensors' data, in their order. */
  skeleton(checksums: readonly number[]): readonly PlacedBytes[];
}

/** Texts that a file carries beside its tensors. */
export type FileMetadata = Readonly<Record<string, string>>;

/** A format that mgit writes. Registered in `src/formats/write/registry.ts`. */
export interface CheckpointWriter {
  /** As in a manifest's `format` line. */
  readonly name: string;
  /** Endings of file names that stand for the format, the usual one first. */
  readonly extensions: readonly string[];
  /** True for what the format can hold as it is. */
  holds(dtype: Dtype): boolean;
  /**
   * Lays out a file of tensors whose dtypes it {@link holds}. Metadata that the format has no place for is refused. Errors: `EXPORT_IMPOSSIBLE`, naming the tensor that the format cannot hold;
   * `DTYPE_MISALIGNED`, `SHAPE_TOO_LARGE`.
   */
  layOut(tensors: readonly TensorSpec[], metadata: FileMetadata): Blueprint;
}
