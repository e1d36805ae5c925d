import type { ExtentRange } from './read-extent.ts';

/** Reads part of an extent that is being added: at most a frame. */
export type ReadPart = (range: ExtentRange) => Promise<Uint8Array>;
