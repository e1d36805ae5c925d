import { freeMemory } from '../../base/free-memory.ts';
import { FRAME_BYTES } from '../packs/limits.ts';

/**
 * A bounded number of buffers of one frame each, in memory shared with worker threads. Whoever waits for one is served in
 * order; the number of buffers is what bounds the bytes in flight.
 */
export interface BufferPool {
  /** A buffer of `length` bytes. More than a frame, which only foreign packs have, is allocated apart. */
  acquire(length: number): Promise<Uint8Array>;
  /** Gives a buffer back, or any view of it. Memory that is not the pool's is left alone. */
  release(bytes: Uint8Array): void;
}

/** A pool of `slots` buffers, each allocated when it is first needed. */
export function createBufferPool(slots: number): BufferPool {
  const free: SharedArrayBuffer[] = [];
  const owned = new Set<ArrayBufferLike>();
  const waiting: ((buffer: SharedArrayBuffer) => void)[] = [];

  const take = (): SharedArrayBuffer | Promise<SharedArrayBuffer> => {
    const buffer = free.pop();
    if (buffer) return buffer;
    if (owned.size >= slots) return new Promise(resolve => void waiting.push(resolve));
    const fresh = new SharedArrayBuffer(FRAME_BYTES);
    owned.add(fresh);
    return fresh;
  };

  return {
    acquire: async length =>
      length > FRAME_BYTES ? Buffer.allocUnsafeSlow(length) : new Uint8Array(await take(), 0, length),
    release: bytes => {
      if (!owned.has(bytes.buffer)) return;
      const next = waiting.shift();
      if (next) next(bytes.buffer as SharedArrayBuffer);
      else free.push(bytes.buffer as SharedArrayBuffer);
    },
  };
}

/** Buffers for slices that may leave the store: each is memory of its own, and what comes back is free at once. */
export const freshBuffers: BufferPool = {
  acquire: async length => Buffer.allocUnsafeSlow(length),
  release: freeMemory,
};

/** For slices whose memory is not ours: nothing is ever released. */
export const foreignBuffers: BufferPool = { ...freshBuffers, release: () => {} };
