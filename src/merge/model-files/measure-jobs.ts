import type { FileSystem } from '../../base/ports/file-system.ts';
import { freshMemory } from '../chunk-memory.ts';
import { isToBeMeasured, type MeasurableTensor, measureModel } from '../measure-model.ts';
import type { ComputingMethod } from '../method.ts';
import { methodNamed } from '../methods/registry.ts';
import { openFiles } from './file-source.ts';
import { useTask } from './run-job.ts';
import type { MethodWork, TensorJob } from './tensor-job.ts';

/** A job that a method calculates. */
type MethodJob = TensorJob & { readonly work: MethodWork };

/** The jobs of one model, with what their methods measure over the whole model, where they do. Errors: those of the methods and of reading. */
export async function measureJobs(
  jobs: readonly TensorJob[],
  { fs, signal }: { readonly fs: FileSystem; readonly signal?: AbortSignal },
): Promise<readonly TensorJob[]> {
  const computed = jobs.filter((job): job is MethodJob => job.work.kind === 'compute');
  const names = [...new Set(computed.flatMap(({ inputs }) => inputs.map(({ model }) => model)))];
  const tensors = computed.map(job => measurable(job, names));
  if (!tensors.some(isToBeMeasured)) return jobs;
  await using files = openFiles(fs);
  const bench = { files, memory: freshMemory, ...(signal ? { signal } : {}) };
  const parameters = await measureModel(tensors, (at, use) => useTask(computed[at] as MethodJob, bench, use));
  const measured = new Map(
    computed.map((job, at) => [job, { ...job.work, parameters: parameters[at] ?? job.work.parameters }]),
  );
  return jobs.map(job => ({ ...job, work: measured.get(job as MethodJob) ?? job.work }));
}

function measurable(
  { work, inputs, computeDtype, shape }: MethodJob,
  names: readonly string[],
): MeasurableTensor {
  const models = work.hasBase ? inputs.slice(0, -1) : inputs;
  return {
    method: methodNamed(work.method) as ComputingMethod,
    parameters: work.parameters,
    dtype: computeDtype,
    shape,
    models: models.map(({ model }) => names.indexOf(model)),
  };
}
