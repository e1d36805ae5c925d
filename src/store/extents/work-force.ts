import { FRAME_BYTES } from '../packs/limits.ts';
import { type BufferLoans, createBufferLoans } from './buffer-loans.ts';
import { type BufferPool, createBufferPool } from './buffer-pool.ts';
import type { Engine } from './engine.ts';
import { inlineEngine } from './inline-engine.ts';
import { startWorkerEngine, type WorkerEngine } from './worker-engine.ts';

/** Less than this is done in this thread: starting others would take longer. */
const BYTES_WORTH_THREADS = 32 * 1024 * 1024;
const MIB = 1024 * 1024;
/** More threads than this only wait for the disk. */
const THREADS_AT_MOST = 6;
/** What the program takes without any work. */
const PROGRAM_BYTES = 112 * MIB;
/** What a thread takes: a heap of its own, its kernels' memory, and garbage that is not collected yet. */
const THREAD_BYTES = 48 * MIB;
/** The share of what the program leaves that threads may take: without buffers they would have nothing to do. */
const THREAD_SHARE = 0.5;
/** Memory for each byte of the buffers: coded results under way, the extents that others are coded against, and their garbage. */
const BYTES_PER_BUFFERED = 3;
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
  const { width, slots } = shareOut(parallelism, memoryLimit);
  let threads: WorkerEngine | undefined;
  return {
    buffers: createBufferPool(slots),
    baseBuffers: createBufferPool(Math.max(2, slots / 4)),
    loans: createBufferLoans(),
    engineFor: bytes => {
      if (threads) return threads;
      if (bytes < BYTES_WORTH_THREADS) return inlineEngine;
      threads = startWorkerEngine(width);
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

/** Threads and buffers within a memory limit: more threads leave fewer buffers. At least one thread, and what two lanes need. */
export function shareOut(
  parallelism: number,
  memoryLimit: number,
): { readonly width: number; readonly slots: number } {
  const free = memoryLimit - PROGRAM_BYTES;
  const affordable = Math.floor((free * THREAD_SHARE) / THREAD_BYTES);
  const width = Math.max(1, Math.min(parallelism, THREADS_AT_MOST, affordable));
  const buffered = (free - width * THREAD_BYTES) / BYTES_PER_BUFFERED;
  return { width, slots: Math.min(64, Math.max(2 * HELD_BUFFERS, Math.floor(buffered / FRAME_BYTES))) };
}
