import { parentPort } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import type { FloatTensors, WorkerAnswer, WorkerRequest } from './messages.ts';

/** The session of this worker, and the tensors that stay here between its runs. */
interface Resident {
  readonly session: ort.InferenceSession;
  readonly tensors: Map<string, ort.Tensor>;
  readonly carry: Readonly<Record<string, string>>;
}

class ProviderMissing extends Error {}

let state: Resident | undefined;

parentPort?.on('message', (request: WorkerRequest) => {
  answer(request).then(
    tensors => post({ type: 'tensors', tensors }),
    (error: unknown) =>
      post({
        type: 'failed',
        code: error instanceof ProviderMissing ? 'PROVIDER_MISSING' : 'RUNTIME_FAILED',
        message: error instanceof Error ? error.message : String(error),
      }),
  );
});

async function answer(request: WorkerRequest): Promise<FloatTensors> {
  if (request.type === 'open') {
    state = await open(request);
    return {};
  }
  if (state === undefined) throw new Error('no graph is open');
  return request.type === 'run' ? run(state, request.feeds) : read(state, request.names);
}

async function open(request: Extract<WorkerRequest, { type: 'open' }>): Promise<Resident> {
  const options = sessionOptions(request);
  if (request.provider !== 'cpu') await probe(request.probe, options);
  const session = await ort.InferenceSession.create(request.model, options);
  return { session, tensors: new Map(Object.entries(toRuntime(request.resident))), carry: request.carry };
}

/** A provider that is not there throws when a session is made; a graph of one node tells it from a graph it cannot run. */
async function probe(model: Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<void> {
  try {
    await ort.InferenceSession.create(model, options);
  } catch (cause) {
    throw new ProviderMissing(cause instanceof Error ? cause.message : String(cause));
  }
}

function sessionOptions({
  provider,
  threads,
}: {
  provider: string;
  threads: number;
}): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // Waiting threads that spin take the cores from those that work when a machine is busy.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

async function run(resident: Resident, feeds: FloatTensors): Promise<FloatTensors> {
  const inputs = { ...Object.fromEntries(resident.tensors), ...toRuntime(feeds) };
  const results = await resident.session.run(inputs);
  const returned: Record<string, ort.Tensor> = {};
  for (const [name, tensor] of Object.entries(results)) {
    const kept = resident.carry[name];
    if (kept === undefined) returned[name] = tensor;
    else resident.tensors.set(kept, tensor);
  }
  return fromRuntime(returned);
}

async function read(resident: Resident, names: readonly string[]): Promise<FloatTensors> {
  return fromRuntime(
    Object.fromEntries(
      names.map(name => {
        const tensor = resident.tensors.get(name);
        if (tensor === undefined) throw new Error(`${name} is not resident`);
        return [name, tensor];
      }),
    ),
  );
}

function toRuntime(tensors: FloatTensors): Record<string, ort.Tensor> {
  return mapValues(tensors, ({ data, shape }) => new ort.Tensor('float32', data, shape));
}

function fromRuntime(tensors: Readonly<Record<string, ort.Tensor>>): FloatTensors {
  return mapValues(tensors, ({ data, dims }) => ({
    data: Float32Array.from(data as Float32Array),
    shape: dims,
  }));
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

function post(message: WorkerAnswer): void {
  const transfer =
    message.type === 'tensors' ? Object.values(message.tensors).map(({ data }) => data.buffer) : [];
  parentPort?.postMessage(message, transfer);
}
