import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import type { Matrix } from '../../tensor/structure/matrix.ts';
import type { MethodTask } from '../method.ts';
import { readSlice, type Slice, slicesOf } from '../slices.ts';
import { floatsOf } from '../spread.ts';
import { baseOf } from '../vectors.ts';
import { openWorkspace, type Register } from '../workspace.ts';
import type { MatrixForm, Sides } from './matrix-form.ts';

/** The matrix that is the sum over i of coefficient i times row i of `left`, transposed, times row i of `right`. */
export interface Products extends Sides<Matrix> {
  readonly form: MatrixForm;
  readonly coefficients: Float64Array;
}

/**
 * The base plus a matrix of products: these are summed in F64, in their order, and rounded to F32 (F64: not); the base is added, and the
 * sum rounded to the dtype. Errors: `MERGE_BASE_REQUIRED`; those of `openWorkspace`.
 */
export async function* basePlusProducts(task: MethodTask, products: Products): AsyncIterable<Uint8Array> {
  const base = baseOf(task);
  const kernels = await loadKernels();
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers: 2 });
  using sums = kernels.borrow(task.sliceElements * 8);
  const [change, origin] = work.registers as [Register, Register];
  for (const slice of slicesOf(task)) {
    const bytes = await readSlice(task, base, slice);
    sumProducts(sums, products, { kernels, slice });
    work.begin(slice.count);
    work.load(origin, bytes);
    floatsOf(change, task.dtype).set(floatsOf(sums, 'F64').subarray(0, slice.count));
    work.add(change, origin);
    yield work.store(change);
  }
}

function sumProducts(
  sums: Register,
  { form: { columns }, left, right, coefficients }: Products,
  { kernels, slice: { start, count } }: { readonly kernels: Kernels; readonly slice: Slice },
): void {
  sums.bytes.fill(0);
  const lefts = Array.from(coefficients, (_, at) => left.row(at));
  for (let at = start; at < start + count; ) {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const run = Math.min(columns - column, start + count - at);
    const target = sums.pointer + (at - start) * 8;
    for (const [index, coefficient] of coefficients.entries()) {
      const factor = coefficient * (lefts[index]?.[row] ?? 0);
      kernels.exports.mergeAddScaledF64(target, right.pointer(index) + column * 8, run, factor);
    }
    at += run;
  }
}
