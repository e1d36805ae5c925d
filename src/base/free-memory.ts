/** Smaller buffers may share their memory with others (`Buffer.poolSize`), and are not worth the trouble. */
const SMALLEST = 128 * 1024;

/**
 * Gives the memory behind bytes back at once. The collector counts only the small object in front of it, so that each thread would
 * keep some 64 MiB of such memory for later. Only for whoever alone holds the memory: all views of it are empty afterwards.
 * Shared memory is left alone.
 */
export function freeMemory({ buffer }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= SMALLEST) buffer.transfer(0);
}
