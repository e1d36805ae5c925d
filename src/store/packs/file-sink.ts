import { earlyFlush } from '../../base/early-flush.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';

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
  let failure: { readonly error: unknown } | undefined;
  // One write at a time: the system serialises writes to one file, and threads that wait for each other spin.
  let writing: Promise<void> = Promise.resolve();

  const file = (): Promise<OpenFile> => {
    opened ??= open();
    return opened;
  };
  const flush = earlyFlush(file);
  const noteFailure = (error: unknown): void => {
    failure ??= { error };
  };
  return {
    write: (bytes, position) => {
      const { length } = bytes; // Once they are written, the memory may be given back.
      const write = writing.then(async () => (await file()).write(bytes, position));
      writing = write.catch(noteFailure).then(() => flush.note(length));
      return write;
    },
    seal: async length => {
      await writing;
      if (failure) throw failure.error;
      await flush.settle();
      await (await file()).truncate(length);
      await (await file()).sync();
    },
    close: async () => {
      await writing;
      await flush.settle().catch(() => undefined); // Whoever wrote has been told.
      const closing = await opened?.catch(() => undefined);
      opened = undefined;
      await closing?.close();
    },
  };
}
