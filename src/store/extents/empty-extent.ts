import type { Digest } from '../../base/ids.ts';

/** The digest of no bytes. Every store has that extent, and none stores it. */
export const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' as Digest;
