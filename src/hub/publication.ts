import type { LongOperation } from '../base/events.ts';
import type { Ports } from '../base/ports/ports.ts';

/** One file of a publication, present on the local disk as it will be published. */
export interface PublishedFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** Absolute path of the local file. */
  readonly source: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the whole file: the id that Git LFS and hubs give it. */
  readonly sha256: string;
}

/** Everything that goes to a destination in one step. */
export interface Publication {
  readonly title: string;
  readonly description: string;
  readonly files: readonly PublishedFile[];
}

/** Where and how a publication arrived. */
export interface PublishResult {
  readonly url: string;
  /** The destination's own name of this version, where it has one. */
  readonly revision?: string;
}

/** Options of {@link Destination.publish}. */
export interface PublishOptions extends LongOperation {
  readonly ports: Ports;
}

/**
 * A place that models are published to. Registered by scheme in `src/hub/destinations.ts`.
 * Publishing the same files again changes nothing.
 */
export interface Destination {
  /** For people: `hf://org/name`. */
  readonly description: string;
  publish(publication: Publication, options: PublishOptions): Promise<PublishResult>;
}
