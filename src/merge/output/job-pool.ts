import { Worker } from 'node:worker_threads';
import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { workerUrl } from '../../base/worker-url.ts';
import { freshMemory } from '../chunk-memory.ts';
import { openFiles } from '../model-files/file-source.ts';
import { type TensorTask, writeTensor } from './write-tensor.ts';

/** What a thread answers. */
export type TaskAnswer =
  | { readonly digest: Digest }
  | {
      readonly error:
        | {
            readonly kind: 'expected';
            readonly code: string;
            readonly message: string;
            readonly hint?: string;
            readonly details?: Readonly<Record<string, unknown>>;
          }
        /** Of the system (`code`, `path` and others are among the properties), or a bug. */
        | {
            readonly kind: 'other';
            readonly message: string;
            readonly properties: Readonly<Record<string, unknown>>;
          };
    };

/** Merges tensors, as many at a time as it is wide. Dispose it to end its threads. */
export interface JobPool extends AsyncDisposable {
  readonly width: number;
  run(task: TensorTask): Promise<Digest>;
}

/** Less than this is merged in this thread: starting others would take longer. */
const BYTES_WORTH_THREADS = 32 * 1024 * 1024;
/** More threads than this only wait for the disk. */
const MOST_THREADS = 8;

/** How many tensors are merged at the same time. */
export function poolWidth(bytes: number, parallelism: number): number {
  return bytes < BYTES_WORTH_THREADS ? 1 : Math.max(1, Math.min(parallelism, MOST_THREADS));
}

/** A pool for an amount of work. The result never depends on how wide it is. */
export function openJobPool(work: {
  readonly fs: FileSystem;
  readonly parallelism: number;
  readonly bytes: number;
  readonly signal?: AbortSignal;
}): JobPool {
  const isLittle = work.bytes < BYTES_WORTH_THREADS;
  return isLittle ? inlinePool(work) : threadPool(poolWidth(work.bytes, work.parallelism));
}

function inlinePool({ fs, signal }: { readonly fs: FileSystem; readonly signal?: AbortSignal }): JobPool {
  const files = openFiles(fs);
  return {
    width: 1,
    run: task => writeTensor(task, { fs, files, memory: freshMemory, ...(signal ? { signal } : {}) }),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

/** A thread takes one task at a time, so that whoever gives tasks decides how many are under way. */
function threadPool(width: number): JobPool {
  const threads = Array.from({ length: width }, () => startThread());
  const idle = [...threads];
  const waiting: ((thread: JobThread) => void)[] = [];
  const take = (): Promise<JobThread> => {
    const thread = idle.pop();
    return thread ? Promise.resolve(thread) : new Promise(resolve => waiting.push(resolve));
  };
  const giveBack = (thread: JobThread): void => {
    const next = waiting.shift();
    if (next) next(thread);
    else idle.push(thread);
  };
  return {
    width: threads.length,
    run: async task => {
      const thread = await take();
      try {
        return await thread.run(task);
      } finally {
        giveBack(thread);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(threads.map(thread => thread.end()));
    },
  };
}

interface JobThread {
  run(task: TensorTask): Promise<Digest>;
  end(): Promise<unknown>;
}

interface Pending {
  readonly resolve: (digest: Digest) => void;
  readonly reject: (error: Error) => void;
}

function startThread(): JobThread {
  const worker = new Worker(workerUrl(import.meta.url, 'job-worker'));
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  let pending: Pending | undefined;
  const settle = (how: (waiting: Pending) => void): void => {
    const waiting = pending;
    pending = undefined;
    if (waiting) how(waiting);
  };
  worker.on('message', (answer: TaskAnswer) =>
    settle(({ resolve, reject }) =>
      'digest' in answer ? resolve(answer.digest) : reject(errorOf(answer.error)),
    ),
  );
  worker.on('error', error => settle(({ reject }) => reject(error)));
  worker.on('exit', () => settle(({ reject }) => reject(new Error('a worker thread ended'))));
  return {
    run: task =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        worker.postMessage(task);
      }),
    end: async () => {
      if (pending)
        await worker.terminate(); // Given up.
      else worker.postMessage('end'); // It closes its files.
      await ended;
    },
  };
}

function errorOf(error: Extract<TaskAnswer, { error: object }>['error']): Error {
  if (error.kind === 'other') return Object.assign(new Error(error.message), error.properties);
  const { code, message, kind: _kind, ...options } = error;
  return new MgitError(code, message, options);
}
