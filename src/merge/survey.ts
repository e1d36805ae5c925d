import { elementCount } from '../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import type { MethodTask } from './method.ts';
import { readModels, readSlice, type Slice, slicesOf } from './slices.ts';
import { openWorkspace, type Register, type Workspace } from './workspace.ts';

/** Elements whose sums are taken at once. Sums of blocks are added in order, so slices must be whole blocks. */
const BLOCK_ELEMENTS = 4096;
/** Sums per block, in the order of `TaskVectorSums`. */
const SUMS = 5;

/** How the first model's task vector (its change since the base) relates to another's. */
export interface TaskVectorPair {
  /** Cosine of the angle between the two; null where one is zero or not finite. */
  readonly cosine: number | null;
  /** Of the elements that both moved, the share that they moved in opposite directions; null where there are none. */
  readonly signConflicts: number | null;
}

/** What is known of a tensor's versions before they are merged. */
export interface TensorSurvey {
  /** NaN and infinite elements of each model, and of the base (0 without one). */
  readonly nonFinite: { readonly models: readonly number[]; readonly base: number };
  /** Euclidean norm of each model's task vector; empty without a base. */
  readonly norms: readonly number[];
  /** The first model's task vector against each other one's; empty without a base. */
  readonly pairs: readonly TaskVectorPair[];
}

/** Reads all versions of a tensor once and measures them, in float64 sums that depend neither on slices nor on the machine. */
export async function surveyTensor(task: MethodTask): Promise<TensorSurvey> {
  const blocks = Math.max(1, Math.floor(task.sliceElements / BLOCK_ELEMENTS));
  const survey = { ...task, sliceElements: blocks * BLOCK_ELEMENTS };
  const elements = Math.min(survey.sliceElements, elementCount(task.shape));
  const kernels = await loadKernels();
  const inputs = task.models.length + (task.base ? 1 : 0);
  using work = await openWorkspace({ dtype: task.dtype, elements, registers: inputs });
  const nonFinite = new Array<number>(inputs).fill(0);
  const sums = task.models.slice(1).map(() => new Float64Array(SUMS));
  for (const slice of slicesOf(survey)) {
    await loadSlice(survey, work, slice);
    for (const [i, register] of work.registers.entries())
      nonFinite[i] = (nonFinite[i] ?? 0) + countNonFinite(kernels, task, register, slice.count);
    if (task.base)
      for (const [i, total] of sums.entries()) addSums(kernels, task, { work, other: i + 1, slice, total });
  }
  const models = nonFinite.slice(0, task.models.length);
  const base = nonFinite[task.models.length] ?? 0;
  return { nonFinite: { models, base }, ...relations(task.base ? sums : []) };
}

/** Loads the models in their order, then the base. */
async function loadSlice(task: MethodTask, work: Workspace, slice: Slice): Promise<void> {
  const base = task.base && readSlice(task, task.base, slice);
  const versions = [...(await readModels(task, slice)), ...(base ? [await base] : [])];
  work.begin(slice.count);
  for (const [i, register] of work.registers.entries()) work.load(register, versions[i] ?? new Uint8Array());
}

function countNonFinite({ exports }: Kernels, task: MethodTask, register: Register, count: number): number {
  const kernel = task.dtype === 'F64' ? exports.countNonFinite64 : exports.countNonFinite32;
  return kernel(register.pointer, count);
}

function addSums(
  kernels: Kernels,
  task: MethodTask,
  part: {
    readonly work: Workspace;
    /** Index of the model that is compared with the first. */
    readonly other: number;
    readonly slice: Slice;
    readonly total: Float64Array;
  },
): void {
  const isWide = task.dtype === 'F64';
  const kernel = isWide ? kernels.exports.taskVectorSumsF64 : kernels.exports.taskVectorSumsF32;
  const [left, right, base] = [0, part.other, task.models.length].map(index => part.work.registers[index]);
  if (!left || !right || !base) return;
  using result = kernels.borrow(SUMS * 8);
  for (let start = 0; start < part.slice.count; start += BLOCK_ELEMENTS) {
    const at = start * (isWide ? 8 : 4);
    const count = Math.min(BLOCK_ELEMENTS, part.slice.count - start);
    kernel(result.pointer, base.pointer + at, left.pointer + at, right.pointer + at, count);
    const sums = new Float64Array(result.bytes.slice().buffer);
    for (const [i, value] of sums.entries()) part.total[i] = (part.total[i] ?? 0) + value;
  }
}

function relations(sums: readonly Float64Array[]): Pick<TensorSurvey, 'norms' | 'pairs'> {
  const norms = sums.map(([, squares = 0]) => Math.sqrt(squares));
  const pairs = sums.map(([left = 0, right = 0, products = 0, opposed = 0, moved = 0]) => {
    const cosine = products / (Math.sqrt(left) * Math.sqrt(right));
    return {
      cosine: Number.isFinite(cosine) ? Math.min(1, Math.max(-1, cosine)) : null,
      signConflicts: moved === 0 ? null : opposed / moved,
    };
  });
  return { norms: sums[0] ? [Math.sqrt(sums[0][0] ?? 0), ...norms] : [], pairs };
}
