import { type Gram, gramsOf } from './gram.ts';
import { type Band, bandsOf, type Grouping } from './groups.ts';
import type { MethodTask } from './method.ts';
import { blockSliceElements, blockSlices, type Slice } from './slices.ts';
import { spread } from './spread.ts';
import { openVectors, type Vectors } from './vectors.ts';
import type { Register } from './workspace.ts';

/** A merge whose result is a linear combination of its vectors, with coefficients that follow from their dot products. */
export interface Combination {
  readonly grouping: Grouping;
  /** Whether the vectors are changes since the base, which is then added to the result. */
  readonly isFromBase: boolean;
  /** Whether each product and sum is rounded to the dtype, and not only the result. */
  readonly isRoundedStepwise: boolean;
  /** One coefficient per vector, for one group. */
  coefficients(gram: Gram): readonly number[];
}

/**
 * Measures each band of a tensor in one pass, and writes it in another: coefficient times vector, added in the order of the models, then
 * the base, as float32 (float64 for F64).
 */
export async function* combine(task: MethodTask, combination: Combination): AsyncIterable<Uint8Array> {
  using vectors = await openVectors(task, { isFromBase: combination.isFromBase, spare: 1 });
  for (const band of bandsOf(task.shape, combination.grouping, blockSliceElements(task))) {
    const coefficients = await coefficientsOf(task, { ...combination, band, vectors });
    for (const slice of blockSlices(task, band)) {
      await vectors.load(slice);
      yield combineSlice(vectors, { ...combination, task, band, slice, coefficients });
    }
  }
}

/** Per vector, one for each group of a band. */
async function coefficientsOf(
  task: MethodTask,
  { band, vectors, coefficients }: Combination & { readonly band: Band; readonly vectors: Vectors },
): Promise<readonly Float64Array[]> {
  let all: readonly Float64Array[] | undefined;
  let group = 0;
  for await (const gram of gramsOf(task, band, vectors)) {
    all ??= task.models.map(() => new Float64Array(band.groups)); // Not before it is known that there are not too many.
    for (const [at, value] of coefficients(gram).entries()) (all[at] as Float64Array)[group] = value;
    group++;
  }
  return all ?? [];
}

interface SliceOfBand extends Pick<Combination, 'isRoundedStepwise'> {
  readonly task: MethodTask;
  readonly band: Band;
  readonly slice: Slice;
  /** Per vector, one for each group. */
  readonly coefficients: readonly Float64Array[];
}

function combineSlice({ work, registers, base, spare }: Vectors, part: SliceOfBand): Uint8Array {
  const round = part.isRoundedStepwise ? work.round : (): void => {};
  const [sum, ...others] = registers as [Register, ...Register[]];
  const [factors] = spare as [Register];
  for (const [at, register] of registers.entries()) {
    const values = part.coefficients[at] ?? new Float64Array();
    if (part.band.groups === 1) work.scale(register, register, values[0] ?? 0);
    else {
      spread(factors, values, { ...part, dtype: part.task.dtype });
      work.multiply(register, factors);
    }
    round(register);
  }
  for (const register of others) {
    work.add(sum, register);
    round(sum);
  }
  if (base) work.add(sum, base);
  return work.store(sum);
}
