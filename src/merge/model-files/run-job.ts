import { MgitError } from '../../base/errors.ts';
import { elementConverter } from '../../tensor/convert-elements.ts';
import { byteLength, type Dtype, elementCount } from '../../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ComputingMethod, MethodInput } from '../method.ts';
import { methodNamed } from '../methods/registry.ts';
import { SLICE_ELEMENTS } from '../slices.ts';
import { type InputSource, KEPT_BYTES, openInputs } from '../tensor-inputs.ts';
import { convertedSource, firstBytes } from './converted-source.ts';
import { fileSource, type OpenFiles } from './file-source.ts';
import { countNonFinite, nonFinite } from './non-finite.ts';
import { rowsSource } from './rows-source.ts';
import type { JobInput, TensorJob } from './tensor-job.ts';

/**
 * The bytes of one tensor of the result, in order, in slices. Errors: `MERGE_NON_FINITE` with the models that have NaN or infinity, after the last
 * slice; `MERGE_NOT_A_FLOAT` where the tensor has no average and differs; those of the method and of reading.
 */
export async function* runJob(
  job: TensorJob,
  files: OpenFiles,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const kernels = await loadKernels();
  const sources = await Promise.all(
    job.inputs.map(input => sourceOf(input, job.computeDtype, { files, kernels })),
  );
  if (job.work.kind === 'compute') yield* computed(job, sources, { kernels, ...(signal ? { signal } : {}) });
  else yield* copied(job, sources, kernels);
}

interface SourceContext {
  readonly files: OpenFiles;
  readonly kernels: Kernels;
}

async function sourceOf(
  { place, shape, rows }: JobInput,
  dtype: Dtype,
  { files, kernels }: SourceContext,
): Promise<InputSource> {
  if (rows === undefined) {
    const source = convertedSource(await fileSource(files, place), dtype, kernels);
    return firstBytes(source, byteLength(dtype, shape));
  }
  const opened = await Promise.all(rows.donors.map(donor => fileSource(files, donor)));
  const donors = opened.map(source => convertedSource(source, dtype, kernels));
  return rowsSource({ donors, rows: rows.plan, width: elementCount(shape.slice(1)) }, kernels);
}

async function* computed(
  job: TensorJob & { readonly work: TensorJob['work'] },
  sources: readonly InputSource[],
  { kernels, signal }: { readonly kernels: Kernels; readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  if (job.work.kind !== 'compute') return;
  const { computeDtype, shape, dtype, inputs } = job;
  const { parameters, hasBase } = job.work;
  const method = methodNamed(job.work.method) as ComputingMethod;
  const counts = new Array<number>(inputs.length).fill(0);
  const look = (parts: readonly Uint8Array[]): void => {
    for (const [at, bytes] of parts.entries())
      counts[at] = (counts[at] ?? 0) + countNonFinite(bytes, computeDtype, kernels);
  };
  using opened = openInputs(sources, { look, keptBytes: method.isMultiPass ? KEPT_BYTES : 0 });
  const models = hasBase ? opened.inputs.slice(0, -1) : opened.inputs;
  const base: MethodInput | undefined = hasBase ? opened.inputs.at(-1) : undefined;
  const task = {
    dtype: computeDtype,
    shape,
    base,
    models,
    parameters,
    sliceElements: SLICE_ELEMENTS,
    ...(signal ? { signal } : {}),
  };
  yield* converted(method.run(task), computeDtype, { dtype, kernels });
  await opened.finish();
  if (counts.some(count => count > 0)) throw nonFinite(job, counts);
}

async function* copied(
  job: TensorJob,
  sources: readonly InputSource[],
  kernels: Kernels,
): AsyncGenerator<Uint8Array> {
  using opened = openInputs(sources);
  const [first, ...others] = opened.inputs as readonly [MethodInput, ...MethodInput[]];
  const size = SLICE_ELEMENTS * 8;
  for (let at = 0; at < first.length; at += size) {
    const count = Math.min(size, first.length - at);
    const slices = await Promise.all([first, ...others].map(input => input.read(at, count)));
    const [bytes, ...same] = slices as [Uint8Array, ...Uint8Array[]];
    const other = same.findIndex(slice => Buffer.compare(slice, bytes) !== 0);
    if (other >= 0) throw notAFloat(job, other + 1);
    yield job.dtype === job.computeDtype
      ? bytes
      : convertedBytes(bytes, job.computeDtype, { dtype: job.dtype, kernels });
  }
}

interface Target {
  readonly dtype: Dtype;
  readonly kernels: Kernels;
}

async function* converted(
  slices: AsyncIterable<Uint8Array>,
  from: Dtype,
  target: Target,
): AsyncGenerator<Uint8Array> {
  if (from === target.dtype) return yield* slices;
  for await (const slice of slices) yield convertedBytes(slice, from, target);
}

function convertedBytes(bytes: Uint8Array, from: Dtype, { dtype, kernels }: Target): Uint8Array {
  const count = (bytes.length * 8) / byteLength(from, [8]);
  const target = Buffer.allocUnsafe(byteLength(dtype, [count]));
  elementConverter(from, dtype, kernels)(target, bytes);
  return target;
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
