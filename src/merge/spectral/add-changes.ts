import type { Matrix } from '../../tensor/structure/matrix.ts';
import type { MethodInput, MethodTask } from '../method.ts';
import { readSlice, type Slice, slicesOf } from '../slices.ts';
import { floatsOf } from '../spread.ts';
import { baseOf } from '../vectors.ts';
import { openWorkspace, type Register } from '../workspace.ts';
import type { MatrixForm } from './matrix-form.ts';

/**
 * Adds the changes of models since the base to a matrix in the form in which it is taken apart, in F64, in the order of the models.
 * One pass. Errors: `MERGE_BASE_REQUIRED`; those of `openWorkspace`.
 */
export async function addChanges(
  task: MethodTask,
  models: readonly MethodInput[],
  target: { readonly form: MatrixForm; readonly matrix: Matrix },
): Promise<void> {
  const base = baseOf(task);
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 2 });
  const [origin, model] = work.registers as [Register, Register];
  for (const slice of slicesOf(task)) {
    const read = (input: MethodInput): Promise<Uint8Array> => readSlice(task, input, slice);
    const [origins, ...all] = await Promise.all([base, ...models].map(read));
    work.begin(slice.count);
    work.load(origin, origins as Uint8Array);
    for (const bytes of all) {
      work.load(model, bytes);
      addDifference(target, slice, {
        model: floatsOf(model, task.dtype),
        origin: floatsOf(origin, task.dtype),
      });
    }
  }
}

type Floats = Float32Array | Float64Array;

/** The difference of two floats is taken in F64, where it is exact or nearly so. */
function addDifference(
  { form, matrix }: { readonly form: MatrixForm; readonly matrix: Matrix },
  { start, count }: Slice,
  { model, origin }: { readonly model: Floats; readonly origin: Floats },
): void {
  const rows = Array.from({ length: matrix.rows }, (_, row) => matrix.row(row));
  let [row, column] = [Math.floor(start / form.columns), start % form.columns];
  for (let at = 0; at < count; at++) {
    const [line, place] = form.isTransposed ? [column, row] : [row, column];
    const elements = rows[line] as Float64Array;
    elements[place] = (elements[place] ?? 0) + ((model[at] ?? 0) - (origin[at] ?? 0));
    column++;
    if (column === form.columns) [row, column] = [row + 1, 0];
  }
}
