import { bitsOf, type Dtype } from '../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { openWorkspace, type Register } from './workspace.ts';

/** Elements whose sums are taken at once. Sums of blocks are added in order, so portions must be whole blocks. */
export const BLOCK_ELEMENTS = 4096;
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

/** The versions of one tensor that are measured: the models in their order, and the base, if there is one, as the last. */
export interface SurveyedTensor {
  readonly dtype: Dtype;
  readonly models: number;
  readonly hasBase: boolean;
}

/** A survey on its way. */
export interface SurveyInProgress extends Disposable {
  /** Takes the next bytes of every version: a multiple of {@link BLOCK_ELEMENTS} elements but for the last. */
  add(versions: readonly Uint8Array[]): void;
  result(): TensorSurvey;
}

/** Measures the versions of a tensor as they are read, in float64 sums that depend neither on slices nor on the machine. */
export async function openSurvey({ dtype, models, hasBase }: SurveyedTensor): Promise<SurveyInProgress> {
  const kernels = await loadKernels();
  const registers = models + (hasBase ? 1 : 0);
  const work = await openWorkspace({ dtype, elements: SLICE_ELEMENTS, registers });
  const nonFinite = new Array<number>(registers).fill(0);
  const sums = Array.from({ length: hasBase ? models - 1 : 0 }, () => new Float64Array(SUMS));
  const bytesPerElement = bitsOf(dtype) / 8;
  const addSlice = (versions: readonly Uint8Array[]): void => {
    const count = (versions[0]?.length ?? 0) / bytesPerElement;
    work.begin(count);
    for (const [at, register] of work.registers.entries()) {
      work.load(register, versions[at] ?? new Uint8Array());
      nonFinite[at] = (nonFinite[at] ?? 0) + countNonFinite(kernels, dtype, register, count);
    }
    for (const [at, total] of sums.entries())
      addSums(kernels, { dtype, count, total, vectors: [models, 0, at + 1].map(i => work.registers[i]) });
  };
  return {
    add: versions => {
      const step = SLICE_ELEMENTS * bytesPerElement;
      const length = versions[0]?.length ?? 0;
      for (let at = 0; at < length; at += step)
        addSlice(versions.map(bytes => bytes.subarray(at, at + step)));
    },
    result: () => ({
      nonFinite: { models: nonFinite.slice(0, models), base: nonFinite[models] ?? 0 },
      ...relations(sums),
    }),
    [Symbol.dispose]: () => work[Symbol.dispose](),
  };
}

function countNonFinite({ exports }: Kernels, dtype: Dtype, register: Register, count: number): number {
  const kernel = dtype === 'F64' ? exports.countNonFinite64 : exports.countNonFinite32;
  return kernel(register.pointer, count);
}

/** One slice of a base and of two models. */
interface Vectors {
  readonly dtype: Dtype;
  readonly count: number;
  readonly vectors: readonly (Register | undefined)[];
  readonly total: Float64Array;
}

function addSums(kernels: Kernels, { dtype, count, vectors, total }: Vectors): void {
  const isWide = dtype === 'F64';
  const kernel = isWide ? kernels.exports.taskVectorSumsF64 : kernels.exports.taskVectorSumsF32;
  const [base, left, right] = vectors;
  if (!left || !right || !base) return;
  using result = kernels.borrow(SUMS * 8);
  for (let start = 0; start < count; start += BLOCK_ELEMENTS) {
    const at = start * (isWide ? 8 : 4);
    const block = Math.min(BLOCK_ELEMENTS, count - start);
    kernel(result.pointer, base.pointer + at, left.pointer + at, right.pointer + at, block);
    const { buffer, byteOffset } = result.bytes;
    for (const [i, value] of new Float64Array(buffer, byteOffset, SUMS).entries())
      total[i] = (total[i] ?? 0) + value;
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
