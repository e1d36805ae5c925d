import type { ByteSource, ExtentSpan } from '../../formats/checkpoint.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { BufferPool } from './buffer-pool.ts';
import { taskGroup } from './task-group.ts';

/** Reads a part of a source into a buffer, which the caller releases. */
export async function readBuffer(
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
  buffers: BufferPool,
): Promise<Uint8Array> {
  const buffer = await buffers.acquire(length);
  try {
    if (source.readInto) await source.readInto(buffer, offset);
    else buffer.set(await source.read(offset, length));
    return buffer;
  } catch (error) {
    buffers.release(buffer);
    throw error;
  }
}

/**
 * Reads a span frame by frame and hands each to `visit`, in order, without waiting for what it returns: reading goes on as long as
 * there are buffers. A buffer is released when its visit has ended.
 */
export async function visitFrames(
  {
    source,
    span,
    signal,
  }: { readonly source: ByteSource; readonly span: ExtentSpan; readonly signal?: AbortSignal | undefined },
  buffers: BufferPool,
  visit: (bytes: Uint8Array, frame: number) => Promise<unknown>,
): Promise<void> {
  const tasks = taskGroup();
  try {
    for (let at = 0, frame = 0; at < span.length; at += FRAME_BYTES, frame++) {
      signal?.throwIfAborted();
      const length = Math.min(FRAME_BYTES, span.length - at);
      const bytes = await readBuffer(source, { offset: span.offset + at, length }, buffers);
      tasks.start(visit(bytes, frame).finally(() => buffers.release(bytes)));
    }
  } finally {
    await tasks.settled();
  }
}
