import type { OpenFile } from './ports/file-system.ts';

/**
 * Bytes between two early flushes. Without them, everything would wait in the system's cache until the end, and the disk would
 * idle while bytes are read and computed.
 */
const FLUSH_BYTES = 16 * 1024 * 1024;

/** Brings what is written to a large file to the disk while its writer goes on. It makes nothing durable: whoever writes syncs in the end. */
export interface EarlyFlush {
  /** So many bytes more have been written. */
  note(bytes: number): void;
  /** Waits for the flush under way. Throws the first error of any. */
  settle(): Promise<void>;
}

/** Flushes a file that is open once bytes have been noted. */
export function earlyFlush(file: () => Promise<OpenFile>): EarlyFlush {
  let unflushed = 0;
  let flushing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const flush = async (): Promise<void> => {
    try {
      await (await file()).sync();
    } catch (error) {
      failure ??= { error };
    }
    flushing = undefined;
  };
  return {
    note: bytes => {
      unflushed += bytes;
      if (unflushed < FLUSH_BYTES || flushing) return;
      unflushed = 0;
      flushing = flush();
    },
    settle: async () => {
      await flushing;
      if (failure) throw failure.error;
    },
  };
}
