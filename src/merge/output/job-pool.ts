import { Worker } from 'node:worker_threads';
import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { workerUrl } from '../../base/worker-url.ts';
import { openFiles } from '../model-files/file-source.ts';
import { type TensorTask, writeTensor } from './write-tensor.ts';

/** What a thread answers. */
export type TaskAnswer =
  | { readonly digest: Digest }
  | {
      readonly error: {
        readonly code?: string;
        readonly message: string;
        readonly hint?: string;
        readonly details?: Readonly<Record<string, unknown>>;
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

/** A pool for an amount of work. The result never depends on how wide it is. */
export function openJobPool(work: {
  readonly fs: FileSystem;
  readonly parallelism: number;
  readonly bytes: number;
  readonly signal?: AbortSignal;
}): JobPool {
  return work.bytes < BYTES_WORTH_THREADS
    ? inlinePool(work)
    : threadPool(Math.min(work.parallelism, MOST_THREADS));
}

function inlinePool({ fs, signal }: { readonly fs: FileSystem; readonly signal?: AbortSignal }): JobPool {
  const files = openFiles(fs);
  return {
    width: 1,
    run: task => writeTensor(task, { fs, files, ...(signal ? { signal } : {}) }),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

/** A thread takes one task at a time, so that whoever gives tasks decides how many are under way. */
function threadPool(width: number): JobPool {
  const threads = Array.from({ length: Math.max(1, width) }, () => startThread());
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

function startThread(): JobThread {
  const worker = new Worker(workerUrl(import.meta.url, 'job-worker'));
  let settle: { resolve: (digest: Digest) => void; reject: (error: Error) => void } | undefined;
  worker.on('message', (answer: TaskAnswer) => {
    if ('digest' in answer) settle?.resolve(answer.digest);
    else settle?.reject(errorOf(answer.error));
  });
  worker.on('error', error => settle?.reject(error));
  worker.on('exit', () => settle?.reject(new Error('a worker thread ended')));
  return {
    run: task =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(task);
      }),
    end: () => worker.terminate(),
  };
}

function errorOf({ code, message, ...options }: Extract<TaskAnswer, { error: object }>['error']): Error {
  return code === undefined ? new Error(message) : new MgitError(code, message, options);
}
