import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { isMgitError } from '../../base/errors.ts';
import { freeMemory } from '../../base/free-memory.ts';
import { frameChecksum } from '../packs/frame-checksums.ts';
import type { EngineAnswer, EngineRequest } from './engine-messages.ts';
import { decodeFrame, encodeFrame, partDigests } from './frame-work.ts';

/** Hashes and codes for the thread that started it. Requests are answered in any order, but taken in theirs. */
const streams = new Map<number, Hash>();

parentPort?.on('message', ({ number, request }: { number: number; request: EngineRequest }) => {
  void answer(number, request);
});

async function answer(number: number, request: EngineRequest): Promise<void> {
  try {
    const value = await perform(request);
    for (const bytes of memoryOf(request)) if (!isWithin(bytes, value)) freeMemory(bytes);
    post({ number, value });
  } catch (error) {
    const { code, details } = isMgitError(error) ? error : {};
    const message = error instanceof Error ? error.message : String(error);
    post({ number, error: { code, message, details } });
  }
}

/** What came with a request is this thread's own, or shared. */
function memoryOf(request: EngineRequest): readonly Uint8Array[] {
  if (request.type === 'digest') return [];
  if ('bytes' in request) return [request.bytes];
  const { bytes, base, beneath } = request.job;
  return [bytes, base, beneath?.bytes].filter(own => own !== undefined);
}

function isWithin(bytes: Uint8Array, value: unknown): boolean {
  return value instanceof Uint8Array && value.buffer === bytes.buffer;
}

function perform(request: EngineRequest): unknown {
  switch (request.type) {
    case 'update':
      streamOf(request.stream).update(request.bytes);
      return undefined;
    case 'updateFrame': {
      const stream = streamOf(request.stream);
      return frameChecksum(request.bytes, part => stream.update(part));
    }
    case 'digest': {
      const digest = streamOf(request.stream).digest('hex');
      streams.delete(request.stream);
      return digest;
    }
    case 'digests':
      return partDigests(request.bytes, request.lengths);
    case 'checksum':
      return frameChecksum(request.bytes);
    case 'encode':
      return encodeFrame(request.job);
    case 'decode':
      return decodeInto(request.job, request.target);
  }
}

/** Shared memory is the sender's own; other memory came with the request, and goes back. */
async function decodeInto(
  job: Parameters<typeof decodeFrame>[0],
  target: Uint8Array,
): Promise<Uint8Array | undefined> {
  await decodeFrame(job, target);
  return target.buffer instanceof SharedArrayBuffer ? undefined : target;
}

function streamOf(stream: number): Hash {
  const hash = streams.get(stream) ?? createHash('sha256');
  streams.set(stream, hash);
  return hash;
}

function post(answer: EngineAnswer): void {
  const value = 'value' in answer ? answer.value : undefined;
  const isOwn = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
  const isWhole = isOwn && value.byteLength === value.buffer.byteLength;
  parentPort?.postMessage(answer, isWhole ? [value.buffer as ArrayBuffer] : []);
}
