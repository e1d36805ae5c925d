import type { FileSystem, OpenFile } from '../../src/base/ports/file-system.ts';
import type { Ports } from '../../src/base/ports/ports.ts';

/** Ports that let something else happen before the `step`-th operation on files (from 1), as if another process did it. */
export interface InterleavedPorts {
  readonly ports: Ports;
  /** Operations so far. */
  count(): number;
}

/** Wraps ports; `other` runs once, at the given step. */
export function interleaved(real: Ports, step: number, other: () => Promise<void>): InterleavedPorts {
  let steps = 0;
  const before = async (): Promise<void> => {
    if (++steps === step) await other();
  };
  return { ports: { ...real, fs: wrap(real.fs, before) }, count: () => steps };
}

function wrap(fs: FileSystem, before: () => Promise<void>): FileSystem {
  const wrapped = Object.entries(fs).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      await before();
      const result: unknown = await (method as (...args: unknown[]) => Promise<unknown>)(...args);
      return name === 'open' ? wrapFile(result as OpenFile, before) : result;
    },
  ]);
  return Object.fromEntries(wrapped) as FileSystem;
}

function wrapFile(file: OpenFile, before: () => Promise<void>): OpenFile {
  return {
    ...file,
    read: async (buffer, position) => {
      await before();
      return file.read(buffer, position);
    },
    write: async (buffer, position) => {
      await before();
      await file.write(buffer, position);
    },
    append: async buffer => {
      await before();
      await file.append(buffer);
    },
    sync: async () => {
      await before();
      await file.sync();
    },
  };
}
