import type { Digest } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import type { Dtype } from '../../tensor/dtype.ts';

/** A run of bytes of a model file, identified by its digest. */
export interface ManifestExtent {
  readonly role: 'tensor' | 'skeleton';
  readonly offset: number;
  readonly length: number;
  readonly digest: Digest;
}

/** A named tensor. `digest` is that of its extent; the view starts `offset - extent.offset` bytes into it. */
export interface ManifestTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly strides?: readonly number[];
  readonly byteOrder: 'little' | 'big';
  readonly extent: ManifestExtent;
}

/**
 * The identity of one model file: extents sorted by offset that cover it exactly, and tensors sorted by the UTF-8 bytes of their escaped
 * names. It is held as its text (`docs/format.md` specifies it byte by byte); extents and tensors are read from there when they are
 * asked for, and are errors (`MANIFEST_CORRUPT`) where the text is not checked yet and wrong.
 */
export interface Manifest {
  readonly text: Uint8Array;
  readonly format: string;
  readonly size: number;
  readonly extents: Table<ManifestExtent>;
  /** The extents outside tensors: header, padding. To read them is to read no line of a tensor. */
  readonly skeleton: Table<ManifestExtent>;
  readonly tensors: Table<ManifestTensor>;
  /** The tensor of this name. */
  tensor(name: string): ManifestTensor | undefined;
  /** The place of the tensor of this name, found at once when it is `near` or the one after it. */
  positionOf(name: string, near?: number): number | undefined;
  /** The name of a tensor, of whose line nothing else is read. */
  nameAt(position: number): string;
  /** The line of a tensor, without its line feed. Equal lines of kind `tensor` say equal tensors. */
  lineOf(position: number): Uint8Array;
  /** The lines of so many tensors together; undefined where there are fewer, or one is no line of kind `tensor`. */
  linesOf(position: number, count: number): Uint8Array | undefined;
  /** The manifest of the file of the same layout whose extents have these digests, in the order of `extents`. */
  withDigests(digests: Table<Digest>): Manifest;
}
