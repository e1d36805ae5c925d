import type { Dtype } from '../../tensor/dtype.ts';
import type { MethodParameters } from '../method.ts';
import { inputsOf, type PlannedTensor, type TensorInput } from '../model-plan/planned-tensor.ts';
import type { EmbeddingRows } from '../vocabulary/embedding-rows.ts';
import type { OpenInput, TensorPlace } from './open-input.ts';

/** An input of a job: its bytes, and what becomes of its rows. */
export interface JobInput {
  /** What errors call the model. */
  readonly model: string;
  readonly place: TensorPlace;
  /** As it is merged. */
  readonly shape: readonly number[];
  readonly rows?: { readonly plan: EmbeddingRows; readonly donors: readonly TensorPlace[] };
}

/** The work on one tensor of the result. Nothing but data: it may go to another thread. */
export interface TensorJob {
  readonly name: string;
  readonly shape: readonly number[];
  /** What is written. */
  readonly dtype: Dtype;
  /** What the inputs become first. */
  readonly computeDtype: Dtype;
  /** The models, then the base. */
  readonly inputs: readonly JobInput[];
  readonly work: { readonly kind: 'copy' | 'same' } | MethodWork;
}

/** A tensor that a method calculates. */
export interface MethodWork {
  readonly kind: 'compute';
  readonly method: string;
  readonly parameters: MethodParameters;
  /** The last input is the base. */
  readonly hasBase: boolean;
}

/** Makes the job of a planned tensor. */
export function jobOf(planned: PlannedTensor, models: ReadonlyMap<string, OpenInput>): TensorJob {
  const { name, shape, dtype } = planned;
  const given = inputsOf(planned);
  const inputs = given.map(input => jobInput(input, models));
  if (planned.action !== 'compute')
    return {
      name,
      shape,
      dtype,
      computeDtype: given[0]?.tensor.dtype ?? dtype,
      inputs,
      work: { kind: planned.action },
    };
  const { method, parameters, computeDtype, base } = planned;
  const work = { kind: 'compute' as const, method: method.name, parameters, hasBase: base !== undefined };
  return { name, shape, dtype, computeDtype, inputs, work };
}

function jobInput({ model, tensor, resized }: TensorInput, models: ReadonlyMap<string, OpenInput>): JobInput {
  const own = models.get(model) as OpenInput;
  const place = own.placeOf(tensor);
  if (resized === undefined) return { model, place, shape: tensor.shape };
  const rest = tensor.shape.slice(1);
  if (resized.kind === 'first-rows') return { model, place, shape: [resized.rows, ...rest] };
  const donors = resized.donors.map((donor, index) =>
    (models.get(resized.rows.donors[index] as string) as OpenInput).placeOf(donor),
  );
  return { model, place, shape: [resized.rows.donor.length, ...rest], rows: { plan: resized.rows, donors } };
}
