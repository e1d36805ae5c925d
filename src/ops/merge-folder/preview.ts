import type { Ports } from '../../base/ports/ports.ts';
import { expectedSeconds, hashingSeconds } from '../../merge/expected-time.ts';
import { factorMemory } from '../../merge/model-files/adaptation.ts';
import type { TensorJob } from '../../merge/model-files/tensor-job.ts';
import { inputsOf, type PlannedTensor } from '../../merge/model-plan/planned-tensor.ts';
import { layOutFiles } from '../../merge/output/file-layout.ts';
import { poolWidth } from '../../merge/output/job-pool.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { blockOf } from '../diff/block-summaries.ts';
import { SHARD_ELEMENTS } from './merge-folder.ts';
import { type FolderMergeRequest, prepareMerge } from './prepare.ts';

/** What would become of one tensor. */
export type TensorPreview = {
  readonly name: string;
  readonly action: PlannedTensor['action'];
  /** The method of a computed tensor. */
  readonly method?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The model that a tensor is copied from. */
  readonly from?: string;
  /** `<model>:<tensor>`, the base last. */
  readonly inputs: readonly string[];
  readonly dtype: string;
  readonly shape: readonly number[];
};

/** What `mgit merge --recipe .. --out .. --dry-run` tells. Bytes. */
export interface FolderMergePreview {
  readonly kind: 'preview';
  readonly method: string;
  readonly models: readonly string[];
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly read: number;
  readonly written: number;
  /** At most, with all threads at work. */
  readonly memory: number;
  /** Seconds that it takes here, roughly, besides waiting for the disk. */
  readonly seconds: number;
  /** By block of the model, in the order of the result. */
  readonly blocks: readonly {
    readonly block: string;
    readonly tensors: number;
    readonly how: readonly string[];
    readonly bytes: number;
  }[];
  readonly tensors: readonly TensorPreview[];
}

/** Memory of a thread without its inputs, and for each input: two chunks of 4 MiB, and what they are converted from. */
const THREAD_BYTES = 64 * 1024 * 1024;
const INPUT_BYTES = 12 * 1024 * 1024;

/** Plans a merge of folders and tells of it; nothing is written. Errors: those of {@link prepareMerge}. */
export async function previewFolderMerge(
  ports: Ports,
  request: FolderMergeRequest & { readonly shardElements?: number },
): Promise<FolderMergePreview> {
  await using prepared = await prepareMerge(ports, request);
  const { recipe, plan, jobs, inputs } = prepared;
  const files = layOutFiles(jobs, request.shardElements ?? SHARD_ELEMENTS);
  const written = sum(files.map(({ size }) => size));
  const width = poolWidth(written, ports.parallelism);
  const most = Math.max(0, ...plan.map(planned => inputsOf(planned).length));
  const factors = jobs.reduce((largest, { job }) => Math.max(largest, factorBytes(job)), 0);
  return {
    kind: 'preview',
    method: recipe.method,
    models: [...inputs.keys()],
    files: files.map(({ name, size }) => ({ name, size })),
    read: sum(plan.flatMap(inputsOf).map(({ tensor }) => byteLength(tensor.dtype, tensor.shape))),
    written,
    memory: width * (THREAD_BYTES + most * INPUT_BYTES + factors),
    seconds: (await secondsOf(plan)) / width,
    blocks: blocksOf(plan),
    tensors: plan.map(tensorPreview),
  };
}

async function secondsOf(plan: readonly PlannedTensor[]): Promise<number> {
  const computed = plan.filter(planned => planned.action === 'compute');
  const copied = plan.filter(planned => planned.action !== 'compute');
  const timed = computed.map(({ method, parameters, computeDtype: dtype, shape, models, base }) => {
    return { method, parameters, dtype, shape, models: models.length, hasBase: base !== undefined };
  });
  const bytes = sum(copied.map(({ dtype, shape }) => byteLength(dtype, shape)));
  return (await expectedSeconds(timed)) + hashingSeconds(bytes);
}

function factorBytes({ inputs }: TensorJob): number {
  return sum(inputs.map(({ place }) => factorMemory(place.adaptation)));
}

function blocksOf(plan: readonly PlannedTensor[]): FolderMergePreview['blocks'] {
  const blocks = new Map<string, PlannedTensor[]>();
  for (const planned of plan) {
    const block = blockOf(planned.name);
    blocks.set(block, [...(blocks.get(block) ?? []), planned]);
  }
  return [...blocks].map(([block, tensors]) => ({
    block,
    tensors: tensors.length,
    how: [...new Set(tensors.map(howOf))],
    bytes: sum(tensors.map(({ dtype, shape }) => byteLength(dtype, shape))),
  }));
}

function howOf(planned: PlannedTensor): string {
  if (planned.action === 'compute') return planned.method.name;
  return planned.action === 'copy' ? `from ${planned.from.model}` : 'as in all';
}

function tensorPreview(planned: PlannedTensor): TensorPreview {
  const { name, action, dtype, shape } = planned;
  const inputs = inputsOf(planned).map(({ model, tensor }) => `${model}:${tensor.name}`);
  const computed =
    planned.action === 'compute' ? { method: planned.method.name, parameters: planned.parameters } : {};
  const from = planned.action === 'copy' ? { from: planned.from.model } : {};
  return { name, action, ...computed, ...from, inputs, dtype, shape };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
