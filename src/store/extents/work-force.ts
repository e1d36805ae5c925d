import { FRAME_BYTES } from '../packs/limits.ts';
import { type BufferLoans, createBufferLoans } from './buffer-loans.ts';
import { type BufferPool, createBufferPool } from './buffer-pool.ts';
import type { Engine } from './engine.ts';
import { inlineEngine } from './inline-engine.ts';
import { startWorkerEngine, type WorkerEngine } from './worker-engine.ts';

/** Less than this is done in this thread: starting others would take longer. */
const BYTES_WORTH_THREADS = 32 * 1024 * 1024;
/** More threads than this only wait for the disk, and each takes some 40 MiB. */
const THREADS_AT_MOST = 6;
/** The share of the memory limit that buffers take; the rest is for threads, results under way and the program itself. */
const BUFFER_SHARE = 4;
/** An extent of up to this many buffers is read once and held until its digest is known. */
export const HELD_BUFFERS = 4;

/** Threads and memory of one store, used by all its operations. */
export interface WorkForce {
  readonly buffers: BufferPool;
  /** Buffers for the extents that others are coded against. */
  readonly baseBuffers: BufferPool;
  /** Buffers for streams that leave the store, and for the inputs of recipes. */
  readonly loans: BufferLoans;
  /** The engine for an amount of work. Threads are started when first needed. */
  engineFor(bytes: number): Engine;
  /** Extents that are worked on at the same time, so that each can hold {@link HELD_BUFFERS}. */
  lanes(engine: Engine): number;
  close(): Promise<void>;
}

/** A work force of at most `parallelism` threads that stays within about `memoryLimit` bytes. */
export function createWorkForce({
  parallelism,
  memoryLimit,
}: {
  readonly parallelism: number;
  readonly memoryLimit: number;
}): WorkForce {
  const slots = Math.min(
    64,
    Math.max(2 * HELD_BUFFERS, Math.floor(memoryLimit / BUFFER_SHARE / FRAME_BYTES)),
  );
  let threads: WorkerEngine | undefined;
  return {
    buffers: createBufferPool(slots),
    baseBuffers: createBufferPool(Math.max(2, slots / 4)),
    loans: createBufferLoans(),
    engineFor: bytes => {
      if (threads) return threads;
      if (bytes < BYTES_WORTH_THREADS) return inlineEngine;
      threads = startWorkerEngine(Math.max(1, Math.min(parallelism, THREADS_AT_MOST)));
      return threads;
    },
    lanes: engine => Math.max(1, Math.min(engine.width + 1, Math.floor(slots / HELD_BUFFERS) - 1)),
    close: async () => {
      const ending = threads;
      threads = undefined;
      await ending?.close();
    },
  };
}
