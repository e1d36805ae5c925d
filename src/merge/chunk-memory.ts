import { freeMemory } from '../base/free-memory.ts';

/** Where memory for parts of tensors comes from, and goes to. */
export interface ChunkMemory {
  take(bytes: number): Buffer;
  /** Only for what was taken here; all views of it may be empty, or somebody else's, afterwards. */
  giveBack(buffer: Buffer): void;
}

/** Memory of the system, which gets it back at once. */
export const freshMemory: ChunkMemory = {
  take: bytes => Buffer.allocUnsafeSlow(bytes),
  giveBack: freeMemory,
};

/** Memory that is kept for the next one who wants as much, up to so many bytes: the system clears each page that it gives. */
export function keptMemory(mostBytes: number): ChunkMemory {
  const free = new Map<number, Buffer[]>();
  let kept = 0;
  return {
    take: bytes => {
      const buffer = free.get(bytes)?.pop();
      if (buffer) kept -= bytes;
      return buffer ?? freshMemory.take(bytes);
    },
    giveBack: buffer => {
      if (kept + buffer.length > mostBytes) return freshMemory.giveBack(buffer);
      kept += buffer.length;
      free.set(buffer.length, [...(free.get(buffer.length) ?? []), buffer]);
    },
  };
}
