import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../base/ids.ts';
import type { Recipe } from './records.ts';

const INPUTS_AT_MOST = 1024;

/** A recipe as the parameters of its record: canonical JSON in UTF-8. */
export function encodeRecipe(recipe: Recipe): Uint8Array {
  return Buffer.from(canonicalJson(recipe as unknown as JsonValue), 'utf8');
}

/** Reads a record's recipe; its method and parameters are checked by whoever evaluates it. Errors: `RECIPE_INVALID`. */
export function decodeRecipe(bytes: Uint8Array): Recipe {
  const value = parseJson(bytes);
  const { method, kernels, dtype, length, inputs, parameters, ...rest } = record(value);
  if (Object.keys(rest).length > 0) throw invalid(`unknown field ${JSON.stringify(Object.keys(rest)[0])}`);
  if (!Array.isArray(inputs) || inputs.length > INPUTS_AT_MOST) throw invalid('"inputs" is not a list');
  return {
    method: text(method, 'method'),
    kernels: size(kernels, 'kernels'),
    dtype: text(dtype, 'dtype'),
    length: size(length, 'length'),
    inputs: inputs.map(readInput),
    parameters: record(parameters) as Recipe['parameters'],
  };
}

function readInput(value: unknown): { digest: Digest; dtype: string; length: number } {
  const { digest, dtype, length } = record(value);
  return {
    digest: digestOf(digest),
    dtype: text(dtype, 'dtype'),
    length: size(length, 'length'),
  };
}

function digestOf(value: unknown): Digest {
  try {
    return parseDigest(text(value, 'digest'));
  } catch (cause) {
    throw invalid('an input has no digest', cause);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('an object is missing');
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.length > 200) throw invalid(`"${field}" is not a short text`);
  return value;
}

function size(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid(`"${field}" is not a whole number`);
  return value;
}

function invalid(problem: string, cause?: unknown): MgitError {
  return new MgitError('RECIPE_INVALID', `a recipe record is damaged: ${problem}`, cause ? { cause } : {});
}
