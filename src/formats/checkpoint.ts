import type { Table } from '../base/table.ts';
import type { Dtype } from '../tensor/dtype.ts';

/** Random access to the bytes of one file. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Errors: `FILE_TRUNCATED` when the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` from `offset`: like `read`, in the caller's memory. Absent where it would save no copy. */
  readInto?(target: Uint8Array, offset: number): Promise<void>;
  /** Compares the file's size, mtime and inode with those when the source was opened. Absent for bytes in memory. Errors: `FILE_CHANGED`. */
  checkUnchanged?(): Promise<void>;
}

/** A run of bytes of a file: the data of one or more tensors, or skeleton (headers, padding, everything else). */
export interface ExtentSpan {
  readonly role: 'tensor' | 'skeleton';
  readonly offset: number;
  readonly length: number;
}

/** A named tensor as a view on a file's bytes. `offset` is in bytes from the start of the file. */
export interface TensorView {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  /** In elements; absent for dense row-major order. */
  readonly strides?: readonly number[];
  readonly byteOrder: 'little' | 'big';
}

/**
 * A named tensor whose elements do not lie in the file as they are: compressed, or written as numbers of varying length. The file's bytes are kept as they are, and no manifest
 * names it; its values can be read.
 */
export interface EncodedTensor extends Omit<TensorView, 'offset'> {
  /** The bytes from its first to its last element, in slices. Errors: those of the format, for what is not as it claims. */
  span(): AsyncIterable<Uint8Array>;
  /** Where the elements are, if in another file: `span` cannot give them. */
  readonly external?: ExternalPlace;
}

/** A part of another file. */
export interface ExternalPlace {
  /** Relative to the folder of the file that says so, with `/`; checked to lie within it. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * What a format's reader finds in a file. The extents are sorted by offset and cover the file exactly once;
 * every view lies within one extent of role `tensor`.
 */
export interface CheckpointLayout {
  readonly format: string;
  readonly size: number;
  readonly extents: Table<ExtentSpan>;
  readonly tensors: Table<TensorView>;
}

/** One file format. Registered in `src/formats/registry.ts`. */
export interface CheckpointFormat {
  /** As written in a manifest's `format` line. */
  readonly name: string;
  /** Whether the layout depends on nothing but the skeleton's bytes and the file's size, so that files that agree in these share it. */
  readonly isToldBySkeleton?: true;
  /** Whether the file is of this format, from its first bytes (256, where it has them) and, for containers, from what is in them. */
  detect(head: Uint8Array, source: ByteSource): boolean | Promise<boolean>;
  /** Reads the layout. Errors: a coded error that names what is wrong, in time and memory bounded by the header's size. */
  parse(source: ByteSource): Promise<CheckpointLayout>;
  /** The tensors that no layout can name, with names that the layout does not have. Absent: the format has none. Errors as those of `parse`. */
  encoded?(source: ByteSource): Promise<readonly EncodedTensor[]>;
}
