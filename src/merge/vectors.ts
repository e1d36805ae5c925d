import { MgitError } from '../base/errors.ts';
import type { MethodInput, MethodTask } from './method.ts';
import { blockSliceElements, readModels, readSlice, type Slice } from './slices.ts';
import { openWorkspace, type Register, type Workspace } from './workspace.ts';

/** The vectors that a method compares and combines, slice by slice: the models, or their changes since the base. */
export interface Vectors extends Disposable {
  readonly work: Workspace;
  /** One register per model. */
  readonly registers: readonly Register[];
  /** The base's elements, where the vectors are changes since it. */
  readonly base: Register | undefined;
  /** Registers that nothing else uses. */
  readonly spare: readonly Register[];
  /** Reads a slice of at most `blockSliceElements`, for the workspace to work on. */
  load(slice: Slice): Promise<void>;
}

/** What {@link openVectors} opens. */
export interface VectorNeeds {
  readonly isFromBase: boolean;
  readonly spare?: number;
  /** Whether changes are rounded to the dtype. */
  readonly isRounded?: boolean;
}

/** Borrows registers for a task's vectors. Errors: `MERGE_BASE_REQUIRED`; those of `openWorkspace`. */
export async function openVectors(
  task: MethodTask,
  { isFromBase, spare = 0, isRounded = false }: VectorNeeds,
): Promise<Vectors> {
  const origin = isFromBase ? baseOf(task) : undefined;
  const models = task.models.length;
  const work = await openWorkspace({
    dtype: task.dtype,
    elements: blockSliceElements(task),
    registers: models + spare + (origin ? 1 : 0),
  });
  const registers = work.registers.slice(0, models);
  const base = origin && work.registers[models + spare];
  return {
    work,
    registers,
    base,
    spare: work.registers.slice(models, models + spare),
    load: async slice => {
      const reading = readModels(task, slice);
      const [origins, bytes] = await Promise.all([origin && readSlice(task, origin, slice), reading]);
      work.begin(slice.count);
      if (base && origins) work.load(base, origins);
      for (const [at, register] of registers.entries()) {
        work.load(register, bytes[at] ?? new Uint8Array());
        if (base) work.subtract(register, base);
        if (base && isRounded) work.round(register);
      }
    },
    [Symbol.dispose]: () => work[Symbol.dispose](),
  };
}

/** The base's tensor. Errors: `MERGE_BASE_REQUIRED`. */
export function baseOf(task: MethodTask): MethodInput {
  if (task.base === undefined)
    throw new MgitError('MERGE_BASE_REQUIRED', 'the method needs the tensor of the base model', {
      hint: 'choose another method for this tensor, or take one side',
    });
  return task.base;
}
