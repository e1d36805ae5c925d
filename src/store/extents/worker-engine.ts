import { Worker } from 'node:worker_threads';
import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { workerUrl } from '../../base/worker-url.ts';
import type { Engine } from './engine.ts';
import type { EngineAnswer, EngineRequest } from './engine-messages.ts';

/** An engine on worker threads, which run until it is closed. */
export interface WorkerEngine extends Engine {
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface EngineThread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  ask(request: EngineRequest): Promise<unknown>;
  /** Digests that are under way there: a stream stays with its thread. */
  streams: number;
}

/** Starts `width` threads. */
export function startWorkerEngine(width: number): WorkerEngine {
  const threads = Array.from({ length: width }, startThread);
  let stream = 0;
  return {
    width,
    hasher: () => {
      const thread = leastBusy(threads, ({ streams }) => streams);
      const number = stream++;
      thread.streams++;
      return {
        update: async bytes => void (await thread.ask({ type: 'update', stream: number, bytes })),
        updateFrame: async bytes => {
          const free = threads.find(({ streams }) => streams === 0);
          if (!free) return (await thread.ask({ type: 'updateFrame', stream: number, bytes })) as bigint;
          const update = thread.ask({ type: 'update', stream: number, bytes }); // Of one stream the thread is what all wait for.
          const [checksum] = await Promise.all([free.ask({ type: 'checksum', bytes }), update]);
          return checksum as bigint;
        },
        digest: async () => {
          thread.streams--;
          return (await thread.ask({ type: 'digest', stream: number })) as Digest;
        },
      };
    },
    digests: async (bytes, lengths) =>
      (await idlest(threads).ask({ type: 'digests', bytes, lengths })) as readonly Digest[],
    checksum: async bytes => (await idlest(threads).ask({ type: 'checksum', bytes })) as bigint,
    encode: async job => (await idlest(threads).ask({ type: 'encode', job })) as Uint8Array,
    decode: async (job, target) => {
      const moved = await idlest(threads).ask({ type: 'decode', job, target });
      return moved instanceof Uint8Array ? moved : target;
    },
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(): EngineThread {
  const worker = new Worker(workerUrl(import.meta.url, 'engine-worker'));
  const pending = new Map<number, Pending>();
  let number = 0;
  const thread: EngineThread = {
    worker,
    pending,
    streams: 0,
    ask: request =>
      new Promise((resolve, reject) => {
        if (pending.size === 0) worker.ref();
        pending.set(number, { resolve, reject });
        worker.postMessage({ number: number++, request }, givenAway(request));
      }),
  };
  worker.on('message', (answer: EngineAnswer) => {
    settle(pending, answer);
    if (pending.size === 0) worker.unref(); // An idle thread keeps no program alive.
  });
  worker.on('error', error => failAll(pending, error));
  worker.on('exit', () => failAll(pending, new Error('a worker thread ended')));
  worker.unref();
  return thread;
}

/** Bytes to decode are used once, and what they are decoded into comes back: that memory moves to the thread, unless others share it. */
function givenAway(request: EngineRequest): ArrayBuffer[] {
  if (request.type !== 'decode') return [];
  const { bytes, beneath } = request.job;
  return [bytes, request.target, ...(beneath ? [beneath.bytes] : [])]
    .filter(({ buffer, byteLength }) => buffer instanceof ArrayBuffer && byteLength === buffer.byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
}

function settle(pending: Map<number, Pending>, answer: EngineAnswer): void {
  const { resolve, reject } = pending.get(answer.number) as Pending;
  pending.delete(answer.number);
  if (!('error' in answer)) resolve(answer.value);
  else {
    const { code, message, details } = answer.error;
    reject(
      code === undefined ? new Error(message) : new MgitError(code, message, { ...(details && { details }) }),
    );
  }
}

function failAll(pending: Map<number, Pending>, error: Error): void {
  for (const { reject } of pending.values()) reject(error);
  pending.clear();
}

function idlest(threads: readonly EngineThread[]): EngineThread {
  return leastBusy(threads, ({ pending }) => pending.size);
}

function leastBusy(threads: readonly EngineThread[], load: (thread: EngineThread) => number): EngineThread {
  return threads.reduce((best, thread) => (load(thread) < load(best) ? thread : best));
}
