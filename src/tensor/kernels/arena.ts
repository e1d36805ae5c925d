import { MgitError } from '../../base/errors.ts';
import type { Pointer } from './exports.ts';
import type { WasmMemory } from './webassembly.ts';

/** Bytes of one page of WASM memory. */
const PAGE = 65536;
/** Small regions share this size class: less is not worth a list of its own. */
const SMALLEST_REGION = 4096;

/**
 * A part of the kernels' memory, borrowed until it is disposed (`using region = kernels.borrow(n)`). It starts at a multiple
 * of 16 and is not cleared.
 */
export interface Region extends Disposable {
  readonly pointer: Pointer;
  readonly length: number;
  /**
   * The region's bytes. Fetch it anew after every `borrow` and every `await`: growing the memory detaches the views that were
   * taken before.
   */
  readonly bytes: Uint8Array;
}

/** Hands out regions of a WASM memory; freed ones are kept for the next borrower of their size class (a power of two). */
export function createArena(memory: WasmMemory, heapBase: Pointer): (length: number) => Region {
  const free = new Map<number, Pointer[]>();
  let end = Math.ceil(heapBase / SMALLEST_REGION) * SMALLEST_REGION;

  const extend = (size: number): Pointer => {
    const pointer = end;
    const missing = pointer + size - memory.buffer.byteLength;
    if (missing > 0) grow(memory, Math.ceil(missing / PAGE));
    end += size;
    return pointer;
  };

  return length => {
    const size = Math.max(SMALLEST_REGION, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
    const list = free.get(size) ?? [];
    free.set(size, list);
    const pointer = list.pop() ?? extend(size);
    return createRegion(memory, { pointer, length, release: () => void list.push(pointer) });
  };
}

function createRegion(
  memory: WasmMemory,
  { pointer, length, release }: { pointer: Pointer; length: number; release: () => void },
): Region {
  let disposed = false;
  return {
    pointer,
    length,
    get bytes() {
      if (disposed) throw new Error('a kernel region was used after it was given back');
      return new Uint8Array(memory.buffer, pointer, length);
    },
    [Symbol.dispose]() {
      if (!disposed) release();
      disposed = true;
    },
  };
}

function grow(memory: WasmMemory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (cause) {
    throw new MgitError('KERNEL_MEMORY', `the kernels cannot have ${pages * PAGE} more bytes of memory`, {
      cause,
      hint: 'use smaller slices or fewer models at a time',
    });
  }
}
