import type { Digest } from '../../base/ids.ts';
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
 * The identity of one model file: extents sorted by offset that cover it exactly, and tensors sorted by the UTF-8 bytes
 * of their escaped names. `docs/format.md` specifies its text form byte by byte.
 */
export interface Manifest {
  readonly format: string;
  readonly size: number;
  readonly extents: readonly ManifestExtent[];
  readonly tensors: readonly ManifestTensor[];
}
