import type { Digest } from '../../base/ids.ts';
import type { ByteSource } from '../../formats/checkpoint.ts';
import type { CodingPolicy } from '../tensor-store.ts';
import type { PlannedExtent } from './plan-extents.ts';
import type { WriteSession } from './session.ts';
import type { AddedBytes } from './write-extent.ts';

/** The adding of one file. */
export interface AddContext {
  readonly source: ByteSource;
  readonly session: WriteSession;
  readonly policy: CodingPolicy;
  readonly signal: AbortSignal | undefined;
  /** Lengths, and digests of the first bytes, of the extents that were met so far, but for small ones: the same twice may be the same data twice. */
  readonly beginnings: Set<string>;
  /** Notes an extent's digest. */
  hashed(extent: PlannedExtent, digest: Digest): void;
  /** Notes what was stored. */
  stored(added: AddedBytes): void;
}
