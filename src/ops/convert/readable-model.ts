import type { LongOperation } from '../../base/events.ts';
import type { TensorSpec } from '../../formats/write/blueprint.ts';

/** A tensor that can be read, wherever its model lies. */
export interface ReadableTensor extends TensorSpec {
  /** Its elements, row-major and little-endian, in slices. */
  bytes(long: LongOperation): AsyncIterable<Uint8Array>;
}

/** A model that can be read, from a file or from the packs. Dispose it to close what is open. */
export interface ReadableModel extends AsyncDisposable {
  /** What messages call it. */
  readonly label: string;
  /** In the order of their bytes, shards one after the other. */
  readonly tensors: readonly ReadableTensor[];
  /** The one file that it is; undefined for shards. */
  readonly file: ReadableFile | undefined;
  /** Makes everything that will be read available: what is promised comes together. */
  prepare(tensors: readonly ReadableTensor[], long: LongOperation): Promise<void>;
}

/** A file of a known format. */
export interface ReadableFile {
  readonly format: string;
  readonly size: number;
  bytes(long: LongOperation): AsyncIterable<Uint8Array>;
}
