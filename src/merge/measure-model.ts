import type { Dtype } from '../tensor/dtype.ts';
import type { ComputingMethod, MethodParameters, MethodTask } from './method.ts';

/** A tensor that will be computed, before anything of it is read. */
export interface MeasurableTensor {
  readonly method: ComputingMethod;
  /** Complete, for its own models. */
  readonly parameters: MethodParameters;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Which of the merge's models its own are. */
  readonly models: readonly number[];
}

/** Opens one of the tensors for as long as it is used. */
export type OpenTask = (at: number, use: (task: MethodTask) => Promise<void>) => Promise<void>;

/** Whether something must be measured over all tensors before one of them can be computed. */
export function isToBeMeasured({
  method,
  parameters,
}: Pick<MeasurableTensor, 'method' | 'parameters'>): boolean {
  return method.measurement?.isNeeded(parameters) === true;
}

/**
 * The parameters of all tensors of a model, in their order, with what some methods measure over the whole model: exact numbers, so that
 * each tensor can be computed, and computed again, without the others. The order of the tensors does not matter.
 */
export async function measureModel(
  tensors: readonly MeasurableTensor[],
  open: OpenTask,
): Promise<readonly MethodParameters[]> {
  const result = tensors.map(({ parameters }) => parameters);
  for (const method of new Set(tensors.map(tensor => tensor.method))) {
    if (!method.measurement) continue;
    const places = [...tensors.keys()].filter(at => {
      const tensor = tensors[at];
      return tensor?.method === method && isToBeMeasured(tensor);
    });
    if (places.length === 0) continue;
    const chosen = places.map(at => tensors[at] as MeasurableTensor);
    const found = await method.measurement.measure(chosen, (at, use) => open(places[at] as number, use));
    for (const [index, at] of places.entries()) result[at] = { ...result[at], ...found[index] };
  }
  return result;
}
