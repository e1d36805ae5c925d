import { MgitError } from './errors.ts';

/** Anything JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * The one serialisation of a JSON value that is signed and digested: keys in UTF-16 code unit order, no white space,
 * ECMAScript numbers. Source: RFC 8785 (JSON Canonicalization Scheme). Errors: `JSON_NOT_CANONICAL` for values
 * that JSON cannot say (non-finite numbers, undefined, lone surrogates).
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return canonicalObject(value as { readonly [key: string]: JsonValue });
  return canonicalScalar(value as null | boolean | number | string);
}

function canonicalObject(value: { readonly [key: string]: JsonValue }): string {
  const keys = Object.keys(value).sort(compareCodeUnits);
  return `{${keys.map(key => `${canonicalScalar(key)}:${canonicalJson(value[key] as JsonValue)}`).join(',')}}`;
}

function canonicalScalar(value: null | boolean | number | string): string {
  const isOther = value === undefined || typeof value === 'bigint' || typeof value === 'function';
  if (
    isOther ||
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (typeof value === 'string' && !value.isWellFormed())
  )
    throw new MgitError('JSON_NOT_CANONICAL', `${String(value)} has no canonical JSON form`);
  return JSON.stringify(value);
}

function compareCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
