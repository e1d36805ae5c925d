import { MgitError } from '../../base/errors.ts';
import { elementConverter } from '../../tensor/convert-elements.ts';
import { bitsOf, byteCount, byteLength, type Dtype, elementCount } from '../../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ChunkMemory } from '../chunk-memory.ts';
import type { ComputingMethod, MethodInput, MethodTask } from '../method.ts';
import { methodNamed } from '../methods/registry.ts';
import { SLICE_ELEMENTS } from '../slices.ts';
import { type InputSource, KEPT_BYTES, openInputs } from '../tensor-inputs.ts';
import { convertedSource, firstBytes } from './converted-source.ts';
import { fileSource, type OpenFiles } from './file-source.ts';
import { countNonFinite, nonFinite } from './non-finite.ts';
import { rowsSource } from './rows-source.ts';
import type { JobInput, MethodWork, TensorJob } from './tensor-job.ts';

/** What whoever runs jobs, one after the other, has for all of them. */
export interface JobBench {
  readonly files: OpenFiles;
  readonly memory: ChunkMemory;
  readonly signal?: AbortSignal;
}

type JobContext = JobBench & { readonly kernels: Kernels };

/**
 * The bytes of one tensor of the result, in order, in slices. Errors: `MERGE_NON_FINITE` with the models that have NaN or infinity, after the last
 * slice; `MERGE_NOT_A_FLOAT` where the tensor has no average and differs; those of the method and of reading.
 */
export async function* runJob(job: TensorJob, bench: JobBench): AsyncGenerator<Uint8Array> {
  const context = { ...bench, kernels: await loadKernels() };
  const { computeDtype, dtype, work } = job;
  const sources = await Promise.all(job.inputs.map(input => sourceOf(input, computeDtype, context)));
  const slices =
    work.kind === 'compute'
      ? computed(job, { work, sources, ...context })
      : copied(job, { sources, ...context });
  if (dtype === computeDtype) return yield* slices;
  const convert = elementConverter(computeDtype, dtype, context.kernels);
  for await (const slice of slices) {
    const target = Buffer.allocUnsafe(byteCount(dtype, (slice.length * 8) / bitsOf(computeDtype)));
    convert(target, slice);
    yield target;
  }
}

async function sourceOf(
  { place, shape, rows }: JobInput,
  dtype: Dtype,
  { files, kernels }: JobContext,
): Promise<InputSource> {
  if (rows === undefined) {
    const source = convertedSource(await fileSource(files, place), dtype, kernels);
    return firstBytes(source, byteLength(dtype, shape));
  }
  const opened = await Promise.all(rows.donors.map(donor => fileSource(files, donor)));
  const donors = opened.map(source => convertedSource(source, dtype, kernels));
  return rowsSource({ donors, rows: rows.plan, width: elementCount(shape.slice(1)) }, kernels);
}

/** Opens the inputs of a job that a method calculates, for something else than its result. Errors: those of reading. */
export async function useTask(
  job: TensorJob,
  bench: JobBench,
  use: (task: MethodTask) => Promise<void>,
): Promise<void> {
  if (job.work.kind !== 'compute') throw new Error(`${job.name} is not calculated`);
  const context = { ...bench, kernels: await loadKernels() };
  const sources = await Promise.all(job.inputs.map(input => sourceOf(input, job.computeDtype, context)));
  using opened = openInputs(sources, { memory: bench.memory, keptBytes: KEPT_BYTES });
  await use(taskOf(job, job.work, { inputs: opened.inputs, ...bench }));
}

function taskOf(
  { computeDtype, shape }: TensorJob,
  { parameters, hasBase }: MethodWork,
  { inputs, signal }: { readonly inputs: readonly MethodInput[]; readonly signal?: AbortSignal },
): MethodTask {
  return {
    dtype: computeDtype,
    shape,
    base: hasBase ? inputs.at(-1) : undefined,
    models: hasBase ? inputs.slice(0, -1) : inputs,
    parameters,
    sliceElements: SLICE_ELEMENTS,
    ...(signal ? { signal } : {}),
  };
}

type Reading = JobContext & { readonly sources: readonly InputSource[] };

async function* computed(
  job: TensorJob,
  { work, sources, kernels, memory, signal }: Reading & { readonly work: MethodWork },
): AsyncGenerator<Uint8Array> {
  const { computeDtype } = job;
  const method = methodNamed(work.method) as ComputingMethod;
  const { counts, look } = nonFiniteCounts(sources.length, { dtype: computeDtype, kernels });
  const watched = method.spreadsNonFinite ? {} : { look };
  using opened = openInputs(sources, { ...watched, memory, keptBytes: method.isMultiPass ? KEPT_BYTES : 0 });
  let isSuspect = false;
  for await (const slice of method.run(
    taskOf(job, work, { inputs: opened.inputs, ...(signal ? { signal } : {}) }),
  )) {
    if (method.spreadsNonFinite) isSuspect ||= countNonFinite(slice, computeDtype, kernels) > 0;
    yield slice;
  }
  if (isSuspect) await lookAtAll(sources, { look, memory });
  await opened.finish();
  if (counts.some(count => count > 0)) throw nonFinite(job, counts);
}

interface Elements {
  readonly dtype: Dtype;
  readonly kernels: Kernels;
}

/** NaN and infinite elements of each input, of what was looked at. */
function nonFiniteCounts(inputs: number, { dtype, kernels }: Elements) {
  const counts = new Array<number>(inputs).fill(0);
  const look = (parts: readonly Uint8Array[]): void => {
    for (const [at, bytes] of parts.entries())
      counts[at] = (counts[at] ?? 0) + countNonFinite(bytes, dtype, kernels);
  };
  return { counts, look };
}

/** Reads all inputs once more: the result is not finite, since one of them is not, or because it has become too large. */
async function lookAtAll(
  sources: readonly InputSource[],
  { look, memory }: { readonly look: (parts: readonly Uint8Array[]) => void; readonly memory: ChunkMemory },
): Promise<void> {
  using opened = openInputs(sources, { look, memory });
  await opened.finish();
}

/** Bytes of a slice that is copied: whole elements of every dtype. */
const SLICE_BYTES = SLICE_ELEMENTS * 8;

async function* copied(job: TensorJob, { sources, memory, signal }: Reading): AsyncGenerator<Uint8Array> {
  using opened = openInputs(sources, { memory });
  const [first, ...others] = opened.inputs as readonly [MethodInput, ...MethodInput[]];
  for (let at = 0; at < first.length; at += SLICE_BYTES) {
    signal?.throwIfAborted();
    const count = Math.min(SLICE_BYTES, first.length - at);
    const [bytes, ...same] = await Promise.all([first, ...others].map(input => input.read(at, count)));
    const other = same.findIndex(slice => Buffer.compare(slice, bytes as Uint8Array) !== 0);
    if (other >= 0) throw notAFloat(job, other + 1);
    yield bytes as Uint8Array;
  }
}

function notAFloat({ name, dtype, inputs }: TensorJob, other: number): MgitError {
  const models = [inputs[0], inputs[other]].map(input => input?.model);
  return new MgitError(
    'MERGE_NOT_A_FLOAT',
    `${name} is ${dtype}, which has no average, and differs in ${models.join(' and ')}`,
    {
      hint: `take it from one model: -X take:${name}=ours, or a rule in the recipe`,
      details: { tensor: name },
    },
  );
}
