import type { LongOperation } from '../../base/events.ts';
import type { PackId } from '../../base/ids.ts';
import type { PackPointer } from '../pointer.ts';

/** A run of bytes of a pack file. */
export interface PackRange {
  readonly offset: number;
  readonly length: number;
}

/** A pack on its way to a remote: what it is called there, and the local file that holds it. */
export interface OutgoingPack {
  readonly pointer: PackPointer;
  /** Absolute. */
  readonly path: string;
}

/** What {@link PackBackend.save} moved; packs that were there already are not in it. */
export interface SaveReport {
  readonly saved: readonly PackPointer[];
  readonly bytes: number;
}

/**
 * Where the packs of a remote are. Narrow on purpose: everything that packs mean is decided above. Every implementation passes
 * the contract suite in `tests/remote/backends/contract.ts`.
 *
 * A pack is either wholly there or not there: an interrupted `save` leaves nothing that `has` or `load` would find. Saving what is
 * there already moves nothing. Errors: `REMOTE_UNREACHABLE`, `REMOTE_AUTH`, `REMOTE_NOT_FOUND`, `PACK_NOT_ON_REMOTE`,
 * `TRANSFER_CORRUPT` (bytes are not those of the pointer), `TRANSFER_REFUSED` (the server says no, and why).
 */
export interface PackBackend {
  readonly kind: 'lfs' | 'directory';
  /** For messages: where the packs are. */
  readonly location: string;
  save(packs: readonly OutgoingPack[], options?: LongOperation): Promise<SaveReport>;
  /**
   * Bytes of a pack in order, the whole file or a range of it; resumes by itself where the connection breaks. Whole reads are
   * checked against the pointer's digest at their end; a range is the caller's to verify.
   */
  load(pointer: PackPointer, range?: PackRange, options?: LongOperation): AsyncIterable<Uint8Array>;
  /** Whether the server was seen to send whole packs where parts were asked for. */
  ignoresRanges?(): boolean;
  /** Of these packs, those that are there. */
  has(pointers: readonly PackPointer[], options?: LongOperation): Promise<readonly PackPointer[]>;
  /** Where packs can be listed: those besides `known`. A repository that is worked in has packs that nobody pushed to it. */
  others?(known: ReadonlySet<PackId>, options?: LongOperation): Promise<readonly PackPointer[]>;
}
