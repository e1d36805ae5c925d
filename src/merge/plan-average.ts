import { MgitError } from '../base/errors.ts';
import { alignLines } from '../store/manifest/align-lines.ts';
import { fillsSpan } from '../store/manifest/fills-span.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import { isFloat } from './float-dtypes.ts';
import type { ComputingMethod, MethodParameters } from './method.ts';
import { type TensorAction, versionsAt } from './plan.ts';
import { type FilePlan, planOf } from './plan-file.ts';
import { isSameShape, isSameTensor } from './same-tensor.ts';

/** Versions of one model file to be averaged, each of them whether it changed a tensor or not. */
export interface AverageInput {
  /** The last is the newest: the result is laid out as it is, and has its tensors that have no average. */
  readonly models: readonly Manifest[];
  /** What messages call them. */
  readonly names: readonly string[];
  readonly method: ComputingMethod;
  /** Complete, for these models. */
  readonly parameters: MethodParameters;
}

/**
 * Plans the average of all versions of a model, without a base. Errors: `AVERAGE_MISMATCH`, naming the tensors that are not in every version
 * with one dtype and one shape, or share their bytes with others.
 */
export function planAverage(input: AverageInput): FilePlan {
  const wrong: string[] = [];
  const actions: TensorAction[] = [];
  for (const { positions } of alignLines([undefined, ...input.models])) {
    const { name, models } = versionsAt([undefined, ...input.models], positions);
    const action = averageOf(name, models, input);
    if (action) actions.push(action);
    else wrong.push(name);
  }
  if (wrong.length > 0) throw mismatch(wrong);
  const newest = input.models.at(-1) as Manifest;
  return planOf(actions, {
    base: undefined,
    models: input.models,
    layouts: [newest],
    sides: input.names,
  });
}

function averageOf(
  name: string,
  versions: readonly (ManifestTensor | undefined)[],
  { method, parameters }: AverageInput,
): TensorAction | undefined {
  const newest = versions.at(-1);
  const tensors = versions.filter(tensor => tensor !== undefined);
  if (newest === undefined || tensors.length < versions.length) return undefined;
  if (!tensors.every(tensor => isSameShape(tensor, newest))) return undefined;
  if (tensors.every(tensor => isSameTensor(tensor, newest)) || !isFloat(newest.dtype))
    return { kind: 'keep', name, tensor: newest };
  if (!tensors.every(tensor => fillsSpan(tensor, tensor.extent))) return undefined;
  const models = tensors.map((_, model) => model);
  return { kind: 'compute', name, method, parameters, base: undefined, models, tensors };
}

function mismatch(names: readonly string[]): MgitError {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return new MgitError(
    'AVERAGE_MISMATCH',
    `tensors that are not alike in all versions: ${names.slice(0, 5).join(', ')}${more}`,
    { hint: 'average versions of one architecture, from a later commit on', details: { tensors: names } },
  );
}
