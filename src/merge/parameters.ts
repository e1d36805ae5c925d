import type { JsonValue } from '../base/canonical-json.ts';
import { MgitError } from '../base/errors.ts';
import type { ComputingMethod, MethodParameter, MethodParameters } from './method.ts';

/** `mgit`: float32 sums, one rounding at the end. `mergekit`: rounds to the tensor's dtype after each operation, as mergekit does. */
export const NUMERICS_PARAMETER: MethodParameter = {
  name: 'numerics',
  description: 'rounding: once at the end (mgit), or after each operation (mergekit)',
  type: 'choice',
  choices: ['mgit', 'mergekit'],
  default: 'mgit',
  perModel: false,
};

/**
 * Checks given parameters against a method and makes every one explicit; per-model ones become lists of `models` values.
 * Errors: `MERGE_PARAMETER_UNKNOWN`, `MERGE_PARAMETER_INVALID`, `MERGE_MODELS_UNSUPPORTED`.
 */
export function completeParameters(
  method: ComputingMethod,
  given: MethodParameters,
  models: number,
): MethodParameters {
  checkModels(method, models);
  const known = method.parameters.map(parameter => parameter.name);
  const unknown = Object.keys(given).find(name => !known.includes(name));
  if (unknown !== undefined)
    throw new MgitError('MERGE_PARAMETER_UNKNOWN', `${method.name} has no parameter ${unknown}`, {
      hint: `use one of: ${known.join(', ')}`,
    });
  return Object.fromEntries(
    method.parameters.map(parameter => [
      parameter.name,
      complete(parameter, given[parameter.name] ?? parameter.default, models),
    ]),
  );
}

function checkModels({ name, models: { minimum, maximum } }: ComputingMethod, models: number): void {
  if (models >= minimum && models <= maximum) return;
  const wanted = minimum === maximum ? `exactly ${minimum}` : `at least ${minimum}`;
  throw new MgitError('MERGE_MODELS_UNSUPPORTED', `${name} cannot merge ${models} models`, {
    hint: `give it ${wanted}, or choose another method (mgit merge --list)`,
  });
}

function complete(parameter: MethodParameter, value: JsonValue, models: number): JsonValue {
  if (!parameter.perModel) return single(parameter, value);
  const values = Array.isArray(value) ? value : Array.from({ length: models }, () => value);
  if (values.length !== models) throw invalid(parameter, `has ${values.length} values for ${models} models`);
  return values.map(item => single(parameter, item));
}

function single(parameter: MethodParameter, value: JsonValue): JsonValue {
  if (parameter.type === 'number') return numberOf(parameter, value);
  const fits =
    parameter.type === 'boolean'
      ? typeof value === 'boolean'
      : typeof value === 'string' && parameter.choices?.includes(value);
  if (!fits) throw invalid(parameter, `cannot be ${JSON.stringify(value)}`);
  return value;
}

function numberOf(parameter: MethodParameter, value: JsonValue): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalid(parameter, `cannot be ${JSON.stringify(value)}`);
  if (value < (parameter.minimum ?? -Infinity) || value > (parameter.maximum ?? Infinity))
    throw invalid(parameter, `is out of range: ${value}`);
  return value + 0; // A recipe is JSON, which has no -0.
}

function invalid(parameter: MethodParameter, problem: string): MgitError {
  const wanted =
    parameter.type === 'choice' ? `one of: ${parameter.choices?.join(', ')}` : `a ${parameter.type}`;
  return new MgitError('MERGE_PARAMETER_INVALID', `merge parameter ${parameter.name} ${problem}`, {
    hint: `give ${wanted}${range(parameter)}${parameter.perModel ? ', or one per model' : ''}`,
  });
}

function range({ minimum, maximum }: MethodParameter): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, at least ${minimum}`;
  return maximum === undefined ? '' : `, at most ${maximum}`;
}

/** Keeps the per-model values of some of the models, for tensors that only those changed. `parameters` must be complete. */
export function parametersOf(
  method: ComputingMethod,
  parameters: MethodParameters,
  models: readonly number[],
): MethodParameters {
  const perModel = new Set(method.parameters.filter(item => item.perModel).map(item => item.name));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      perModel.has(name) && Array.isArray(value) ? models.map(model => value[model] ?? null) : value,
    ]),
  );
}

/** True when each operation is rounded to the dtype. */
export function isStepwise(parameters: MethodParameters): boolean {
  return parameters.numerics === 'mergekit';
}

/** Reads a complete number parameter. */
export function numberParameter(parameters: MethodParameters, name: string): number {
  return Number(parameters[name]);
}

/** Reads a complete per-model number parameter. */
export function numbers(parameters: MethodParameters, name: string): readonly number[] {
  const value = parameters[name];
  return Array.isArray(value) ? value.map(Number) : [];
}
