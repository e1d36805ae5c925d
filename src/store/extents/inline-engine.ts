import { createHash } from 'node:crypto';
import { freeMemory } from '../../base/free-memory.ts';
import type { Digest } from '../../base/ids.ts';
import { frameChecksum } from '../packs/frame-checksums.ts';
import type { Engine } from './engine.ts';
import { decodeFrame, encodeFrame, partDigests } from './frame-work.ts';

/** Works in this thread: best for little work, since nothing must be started. */
export const inlineEngine: Engine = {
  width: 1,
  hasher: () => {
    const hash = createHash('sha256');
    return {
      update: async bytes => void hash.update(bytes),
      updateFrame: async bytes => frameChecksum(bytes, part => hash.update(part)),
      digest: async () => hash.digest('hex') as Digest,
    };
  },
  digests: async (bytes, lengths) => partDigests(bytes, lengths),
  checksum: async bytes => frameChecksum(bytes),
  encode: encodeFrame,
  decode: async (job, target) => {
    await decodeFrame(job, target);
    if (job.bytes.buffer !== target.buffer) freeMemory(job.bytes);
    return target;
  },
};
