import { conversionOf, type WorkType } from './conversion.ts';
import { byteCount, type Dtype } from './dtype.ts';
import type { Region } from './kernels/arena.ts';
import type { ConvertKernel } from './kernels/convert-kernels.ts';
import type { Pointer } from './kernels/exports.ts';
import type { Kernels } from './kernels/kernels.ts';

/** Floats are filled up with zeros to a multiple of this: the lanes of the kernels that read them. */
const LANES = 4;

/** What an operand is for: at most `elements` at a time. Without a work type they are only held, never widened. */
export interface OperandNeeds {
  readonly dtype: Dtype;
  readonly workType: WorkType | undefined;
  readonly elements: number;
}

/** A batch of one tensor's elements in the kernels' memory. */
export interface Operand extends OperandNeeds, Disposable {
  /** Where the elements are put. */
  readonly staging: Region;
  /** Converts the first `count` elements; returns the floats, filled up with zeros to {@link paddedFloats}. */
  widen(count: number): Pointer;
}

/** Borrows an operand from the kernels' memory. Errors: `KERNEL_MEMORY`, `DTYPE_NOT_CONVERTIBLE`. */
export function openOperand(kernels: Kernels, needs: OperandNeeds): Operand {
  const steps = stepsOf(kernels, needs);
  const staging = kernels.borrow(byteCount(needs.dtype, needs.elements + LANES));
  const floatBytes = (needs.elements * floatsPerElement(needs.dtype) + LANES) * 8;
  const stages = steps.map(step => ({ step, region: kernels.borrow(floatBytes) }));
  return {
    ...needs,
    staging,
    widen: count => {
      let result = staging;
      for (const { step, region } of stages) {
        step(region.pointer, result.pointer, count);
        result = region;
      }
      padWithZeros(result, needs, count);
      return result.pointer;
    },
    [Symbol.dispose]: () => {
      for (const region of [staging, ...stages.map(stage => stage.region)]) region[Symbol.dispose]();
    },
  };
}

/** Floats that one element becomes: a complex number is two. */
export function floatsPerElement(dtype: Dtype): number {
  return dtype === 'C64' ? 2 : 1;
}

/** The next multiple of the lanes. */
export function paddedFloats(count: number): number {
  return Math.ceil(count / LANES) * LANES;
}

/** Elements that are floats already need no step; F32 that must become F64 need one more. */
function stepsOf(kernels: Kernels, { dtype, workType }: OperandNeeds): readonly ConvertKernel[] {
  if (workType === undefined) return [];
  const conversion = conversionOf(dtype, kernels);
  const steps = conversion.identical ? [] : [conversion.widen];
  return conversion.workType === workType ? steps : [...steps, kernels.exports.f32ToF64];
}

function padWithZeros(result: Region, { dtype, workType }: OperandNeeds, count: number): void {
  const size = workType === 'F64' ? 8 : 4;
  const floats = count * floatsPerElement(dtype);
  result.bytes.fill(0, floats * size, paddedFloats(floats) * size);
}
