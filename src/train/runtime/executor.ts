import { Worker } from 'node:worker_threads';
import { MgitError } from '../../base/errors.ts';
import { workerUrl } from '../../base/worker-url.ts';
import { createGraph } from '../graph/builder.ts';
import type { Graph } from '../graph/value.ts';
import { encodeOnnxModel } from '../onnx/writer.ts';
import type { FloatTensors, Provider, WorkerAnswer, WorkerRequest } from './messages.ts';

/** Where and how a graph runs. */
export interface RuntimeSettings {
  readonly provider: Provider;
  /** Threads of one operator; results do not depend on it. */
  readonly threads: number;
}

/** A graph to run, and its inputs that stay in the worker. */
export interface ExecutorOptions extends RuntimeSettings {
  readonly graph: Graph;
  readonly resident: FloatTensors;
  /** After each run, output `key` becomes resident input `value` and is not returned. */
  readonly carry?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A graph open in a worker thread of its own. Dispose it to end the thread, when no run is under way. */
export interface GraphExecutor extends AsyncDisposable {
  /** Runs the graph once on these and the resident inputs; the feeds' memory is handed over. */
  run(feeds: FloatTensors): Promise<FloatTensors>;
  /** Copies of resident inputs as they are now. */
  read(names: readonly string[]): Promise<FloatTensors>;
}

/**
 * Opens a graph in ONNX Runtime, in a worker because its runs block their thread.
 * Errors: `PROVIDER_MISSING` (there is no fallback to another provider), `RUNTIME_FAILED`, the signal's reason.
 */
export async function openExecutor(options: ExecutorOptions): Promise<GraphExecutor> {
  const { graph, resident, carry = {}, provider, threads, signal } = options;
  signal?.throwIfAborted();
  const worker = new Worker(workerUrl(import.meta.url, 'training-worker'));
  const ask = (request: WorkerRequest): Promise<FloatTensors> => askWorker(worker, request, options);
  try {
    const model = encodeOnnxModel(graph);
    await ask({ type: 'open', model, probe: probeModel(), provider, threads, resident, carry });
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    run: feeds => ask({ type: 'run', feeds }),
    read: names => ask({ type: 'read', names }),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}

/** The smallest graph. */
function probeModel(): Uint8Array {
  const graph = createGraph();
  graph.output(graph.input('x', [1]), 'y');
  return encodeOnnxModel(graph.finish());
}

/** An abort waits for the answer: ONNX Runtime takes the whole process down when its thread ends amid a run. */
function askWorker(worker: Worker, request: WorkerRequest, options: ExecutorOptions): Promise<FloatTensors> {
  const { signal, provider } = options;
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      finish();
    };
    const onMessage = (answer: WorkerAnswer): void =>
      settle(() => {
        if (signal?.aborted) reject(signal.reason);
        else if (answer.type === 'tensors') resolve(answer.tensors);
        else reject(workerError(answer, provider));
      });
    const onError = (cause: Error): void => settle(() => reject(cause));
    const onExit = (): void =>
      settle(() =>
        reject(new MgitError('RUNTIME_FAILED', 'the training worker ended in the middle of its work')),
      );
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    if (signal?.aborted) settle(() => reject(signal.reason));
    else worker.postMessage(request, request.type === 'run' ? buffersOf(request.feeds) : []);
  });
}

function buffersOf(tensors: FloatTensors): ArrayBuffer[] {
  return Object.values(tensors).map(tensor => tensor.data.buffer);
}

function workerError(answer: Extract<WorkerAnswer, { type: 'failed' }>, provider: Provider): MgitError {
  if (answer.code === 'PROVIDER_MISSING')
    return new MgitError(answer.code, `the provider ${provider} is not available here: ${answer.message}`, {
      hint: 'choose provider: cpu, or install what the provider needs (mgit doctor)',
    });
  return new MgitError(answer.code, `ONNX Runtime: ${answer.message}`);
}
