import type { ByteSource, ExtentSpan } from '../../formats/checkpoint.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { AddContext } from './add-context.ts';
import type { BufferPool } from './buffer-pool.ts';
import { framesUnderWay } from './engine.ts';
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
 * Reads a span frame by frame and hands each to `visit`, in order, without waiting for what it returns: as many frames as suffice for the
 * engine are under way. A buffer is released when its visit has ended.
 */
export async function visitFrames(
  { span }: { readonly span: ExtentSpan },
  { source, signal, session }: Pick<AddContext, 'source' | 'signal' | 'session'>,
  visit: (bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  const { buffers, engine } = session;
  const tasks = taskGroup(framesUnderWay(engine));
  try {
    for (let at = 0; at < span.length; at += FRAME_BYTES) {
      signal?.throwIfAborted();
      const length = Math.min(FRAME_BYTES, span.length - at);
      const bytes = await readBuffer(source, { offset: span.offset + at, length }, buffers);
      await tasks.start(visit(bytes).finally(() => buffers.release(bytes)));
    }
  } finally {
    await tasks.settled();
  }
}
