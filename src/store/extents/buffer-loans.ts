import { type BufferPool, createBufferPool } from './buffer-pool.ts';

/** Frames that a stream on borrowed buffers decodes ahead: whoever borrows mostly reads several side by side. */
const AHEAD = 1;
/** One with the reader, one that is decoded next, and what is decoded ahead. */
const SLOTS = AHEAD + 2;

/** Buffers for one stream of slices, until they are given back. */
export interface BufferLoan {
  readonly buffers: BufferPool;
  readonly baseBuffers: BufferPool;
  /** Frames to decode ahead of the reader. */
  readonly ahead: number;
}

/** Buffers to lend: shared memory is only freed when the collector comes by, so that streams which follow each other use the same. */
export interface BufferLoans {
  borrow(): BufferLoan;
  /** Every buffer must have been released. */
  giveBack(loan: BufferLoan): void;
}

/** Loans that are made when there is no idle one. */
export function createBufferLoans(): BufferLoans {
  const idle: BufferLoan[] = [];
  return {
    borrow: () =>
      idle.pop() ?? {
        buffers: createBufferPool(SLOTS),
        baseBuffers: createBufferPool(SLOTS),
        ahead: AHEAD,
      },
    giveBack: loan => void idle.push(loan),
  };
}
