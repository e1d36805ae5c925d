import type { LongOperation } from '../base/events.ts';
import type { Digest, PackId } from '../base/ids.ts';
import type { ByteSource, CheckpointLayout } from '../formats/checkpoint.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { FactorBytes, PredictedDtype } from '../tensor/prediction.ts';
import type { PurgedExtents } from './extents/purged.ts';
import type { StoreMaintenance } from './maintenance/store-maintenance.ts';
import type { Manifest } from './manifest/manifest.ts';
import type { ExtentInfo, Recipe } from './packs/records.ts';

/** How new bytes are coded: `auto` samples and codes where it pays; `raw` never codes. */
export type CodingPolicy = 'auto' | 'raw';

/** Options of {@link TensorStore.addFile}. */
export interface AddFileOptions extends LongOperation {
  readonly coding?: CodingPolicy;
  /** An earlier version of the same file: tensors of equal name and length are coded against where that pays. */
  readonly base?: Manifest;
}

/** What {@link TensorStore.addFile} did. */
export interface AddFileResult {
  readonly manifest: Manifest;
  /** Extents and bytes that were not in the store before. */
  readonly newExtents: number;
  readonly newBytes: number;
  /** Bytes written to packs for them. */
  readonly storedBytes: number;
}

/** Options of {@link StoreWriter.addExtent}. */
export interface AddExtentOptions {
  /** What the bytes are; without it, the usual layouts are tried on a sample. */
  readonly dtype?: Dtype;
}

/** A stored matrix (rows x columns) with `scale` times a product added: `left` is rows x rank, `right` rank x columns. */
export interface LowRankTensor {
  readonly type: 'low-rank';
  readonly base: Digest;
  readonly dtype: PredictedDtype;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  readonly left: FactorBytes & { readonly isTransposed: boolean };
  readonly right: FactorBytes & { readonly isTransposed: boolean };
}

/** A stored tensor whose element i is multiplied by element `floor(i / run)` of the vector, from its begin again after its end. */
export interface ScaledTensor {
  readonly type: 'scaling';
  readonly base: Digest;
  readonly dtype: PredictedDtype;
  readonly vector: FactorBytes;
  readonly run: number;
}

/** A tensor that frozen kernels compute from a stored one and factors. */
export type PredictedTensor = LowRankTensor | ScaledTensor;

/** A received pack, and the file that it is in. */
export interface ReceivedPack {
  readonly id: PackId;
  readonly path: string;
}

/** Collects records into packs. Nothing is visible before `finish`, which makes everything durable. */
export interface StoreWriter {
  /** Adds an extent from its bytes, given in order in slices; returns its digest. Bytes already stored are not stored again. */
  addExtent(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    length: number,
    options?: AddExtentOptions,
  ): Promise<Digest>;
  /** Whether a record of this recipe would be within the bounds of chains; else its result is to be stored. Errors: `EXTENT_MISSING`. */
  affords(recipe: Recipe): Promise<boolean>;
  /**
   * Adds a record that recomputes `digest`; the caller has computed and hashed the result. A no-op if the extent is stored
   * already. The inputs must be in finished packs. Errors: `EXTENT_MISSING`, `RECORD_TOO_DEEP`.
   */
  addRecipe(digest: Digest, recipe: Recipe): Promise<void>;
  /**
   * Computes a tensor and records how: its factors become extents of their own, each stored once. Returns its digest. The base must be
   * in finished packs. Errors: `EXTENT_MISSING`, `RECORD_TOO_DEEP` when the base is beyond the bounds.
   */
  addPredicted(tensor: PredictedTensor, options?: Pick<LongOperation, 'signal'>): Promise<Digest>;
  finish(): Promise<readonly PackId[]>;
  /** Drops everything that was not finished. */
  abort(): Promise<void>;
}

/**
 * Extents that are not here and can be had, as in a partial clone: what the layers above know of remotes. The store asks for them
 * when something is read that needs them.
 */
export interface PromisedExtents {
  /**
   * Brings records into the store from which these extents can be obtained, all together. Those that nobody holds are left out; the
   * store then says so. Errors: those of the transport.
   */
  fetch(digests: readonly Digest[], options: LongOperation): Promise<void>;
}

/** A part of an extent that the store verified lies outside the expected bytes, or a damaged pack. */
export interface StoreProblem {
  readonly code: string;
  readonly message: string;
  readonly pack?: PackId;
  readonly digest?: Digest;
}

/**
 * Content-addressed extents in packs. Errors shared by all readers: `EXTENT_MISSING`, `EXTENT_PURGED`, `EXTENT_CORRUPT`, `PACK_CORRUPT`,
 * `RECORD_TOO_DEEP` (a chain beyond the bounds), `RECIPE_UNSUPPORTED`.
 */
export interface TensorStore {
  readonly maintenance: StoreMaintenance;
  /** What was taken down, and is neither read, added nor fetched any more. */
  readonly purged: PurgedExtents;
  /** Hashes a file's extents and stores the new ones; durable when it returns. Errors: `FILE_CHANGED` when the file changes meanwhile. */
  addFile(source: ByteSource, layout: CheckpointLayout, options?: AddFileOptions): Promise<AddFileResult>;
  /** The manifest that `addFile` would return, without storing anything. */
  hashFile(source: ByteSource, layout: CheckpointLayout, options?: LongOperation): Promise<Manifest>;
  /** The manifest of a file with the skeleton of a former version, much sooner where that has many tensors; undefined where it has another. */
  hashAgain(source: ByteSource, former: Manifest, options?: LongOperation): Promise<Manifest | undefined>;
  has(digest: Digest): Promise<boolean>;
  describe(digest: Digest): Promise<ExtentInfo | undefined>;
  /**
   * Bytes of an extent in order, in slices of at most a few MiB, each in memory of its own. With `lent`, a slice is only valid until the
   * next is asked for, and its memory is used again. `verify` (default true) checks the digest of a whole read at its end.
   */
  read(
    digest: Digest,
    range?: { readonly offset: number; readonly length: number },
    options?: LongOperation & { readonly verify?: boolean; readonly lent?: boolean },
  ): AsyncIterable<Uint8Array>;
  /** Writes a whole file to `path` (absolute): temporary file, verified, fsync, rename. The directory is not synced. */
  restoreFile(manifest: Manifest, path: string, options?: LongOperation): Promise<void>;
  /** `bytes` is about how much will be added: worker threads are used where it is much. */
  writer(options?: { readonly coding?: CodingPolicy; readonly bytes?: number }): StoreWriter;
  /** Of these extents, those that some of the local packs hold wholly, whatever others do. */
  storedIn(packs: ReadonlySet<PackId>, digests: Iterable<Digest>): Promise<ReadonlySet<Digest>>;
  /** The local packs. */
  listPacks(): Promise<readonly PackId[]>;
  /** The absolute path of a local pack's file. */
  packPath(id: PackId): string;
  /**
   * The packs that hold records of these extents and, transitively, of what they depend on. Extents for which `except` is true are
   * passed over, with what only they depend on. Errors: `EXTENT_MISSING`.
   */
  packsFor(digests: Iterable<Digest>, except?: (digest: Digest) => boolean): Promise<readonly PackId[]>;
  /** Of these extents and what they depend on, those that are not in the store; `except` as for {@link TensorStore.packsFor}. */
  missing(digests: Iterable<Digest>, except?: (digest: Digest) => boolean): Promise<readonly Digest[]>;
  /**
   * Makes sure that these extents can be read: promised ones are fetched, all together. An operation that knows what it will read asks
   * first; a read that nobody announced asks for itself. Errors: `EXTENT_MISSING`, those of {@link PromisedExtents}.
   */
  require(digests: Iterable<Digest>, options?: LongOperation): Promise<void>;
  /**
   * Keeps stored extents, and what they depend on, from gc until a ref or an index that is about to be written names them. Returns those
   * that are not wholly there, or cannot be kept.
   */
  keep(digests: Iterable<Digest>): Promise<readonly Digest[]>;
  /** Moves a finished, fully received pack file into the store after checking its index against `id`. Errors: `PACK_CORRUPT`. */
  importPack(id: PackId, path: string): Promise<void>;
  /**
   * The same for packs that belong together and whose bytes nobody vouches for: every extent that they complete is decoded and hashed
   * before any of them is moved. Errors: `PACK_CORRUPT`, `EXTENT_CORRUPT`, `EXTENT_MISSING` for what their records depend on.
   */
  importVerified(packs: readonly ReceivedPack[], options?: LongOperation): Promise<void>;
  /** Decodes and hashes every record of the given packs (default: all). */
  verify(packs?: readonly PackId[], options?: LongOperation): AsyncIterable<StoreProblem>;
  close(): Promise<void>;
}
