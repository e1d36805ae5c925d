import type { OpenFile } from '../../base/ports/file-system.ts';

/**
 * Bytes between two early flushes. Without them, everything would wait in the system's cache until the end, and the disk would
 * idle while bytes are read and hashed.
 */
const FLUSH_BYTES = 64 * 1024 * 1024;

/** A new file that is written at many places at once and made durable in the end. */
export interface FileSink {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Waits for every write, cuts the file to its length and makes it durable. Throws the first error of any write. */
  seal(length: number): Promise<void>;
  /** Closes the file, if it was opened. */
  close(): Promise<void>;
}

/** A sink of the file that `open` creates on the first write. */
export function createFileSink(open: () => Promise<OpenFile>): FileSink {
  let opened: Promise<OpenFile> | undefined;
  let unflushed = 0;
  let flushing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  // One write at a time: the system serialises writes to one file, and threads that wait for each other spin.
  let writing: Promise<void> = Promise.resolve();

  const file = (): Promise<OpenFile> => {
    opened ??= open();
    return opened;
  };
  const noteFailure = (error: unknown): void => {
    failure ??= { error };
  };
  const flushSometimes = (bytes: number): void => {
    unflushed += bytes;
    if (unflushed < FLUSH_BYTES || flushing) return;
    unflushed = 0;
    flushing = file()
      .then(opened => opened.sync())
      .catch(noteFailure)
      .finally(() => {
        flushing = undefined;
      });
  };

  return {
    write: (bytes, position) => {
      const write = writing.then(async () => (await file()).write(bytes, position));
      writing = write.catch(noteFailure).then(() => flushSometimes(bytes.length));
      return write;
    },
    seal: async length => {
      await writing;
      await flushing;
      if (failure) throw failure.error;
      await (await file()).truncate(length);
      await (await file()).sync();
    },
    close: async () => {
      await writing;
      await flushing;
      const closing = await opened?.catch(() => undefined); // Whoever wrote has been told.
      opened = undefined;
      await closing?.close();
    },
  };
}
