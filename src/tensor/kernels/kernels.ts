import { readFile } from 'node:fs/promises';
import { MgitError } from '../../base/errors.ts';
import { packageFile } from '../../base/package-file.ts';
import { createArena, type Region } from './arena.ts';
import type { KernelExports } from './exports.ts';
import type { WasmMemory } from './webassembly.ts';

const KERNELS_URL = packageFile('wasm/kernels.wasm');

/**
 * The WASM SIMD kernels of this thread.
 *
 * Kernels work on the module's own memory. A caller borrows a region for each input and output, fills the inputs
 * (`region.bytes.set(slice)`, or reads a file straight into `region.bytes`), passes pointers and counts to a kernel, and reads
 * the output's `bytes` before it gives the regions back:
 *
 *     using input = kernels.borrow(slice.length);
 *     using output = kernels.borrow(slice.length * 2);
 *     input.bytes.set(slice);
 *     kernels.exports.bf16ToF32(output.pointer, input.pointer, slice.length / 2);
 *     return output.bytes.slice();
 *
 * Regions may be held across `await` and across many slices; only their `bytes` view must be fetched anew each time.
 */
export interface Kernels {
  readonly exports: KernelExports;
  /** A region of `length` bytes. Errors: `KERNEL_MEMORY` beyond what the memory can grow to (4 GiB). */
  borrow(length: number): Region;
}

let loaded: Promise<Kernels> | undefined;

/**
 * The kernels of this thread, loaded on first use; a worker thread has its own. Errors: `KERNELS_MISSING` when the package was
 * not built.
 */
export function loadKernels(): Promise<Kernels> {
  loaded ??= instantiate();
  return loaded;
}

async function instantiate(): Promise<Kernels> {
  const { instance } = await WebAssembly.instantiate(await readModule(), {});
  const { memory, ...functions } = instance.exports;
  const exports = functions as unknown as KernelExports;
  return { exports, borrow: createArena(memory as WasmMemory, exports.heapBase()) };
}

async function readModule(): Promise<Uint8Array> {
  try {
    return await readFile(KERNELS_URL);
  } catch (cause) {
    throw new MgitError('KERNELS_MISSING', `cannot read ${KERNELS_URL.pathname}`, {
      cause,
      hint: 'install mgit again, or run npm run build:kernels in its sources',
    });
  }
}
