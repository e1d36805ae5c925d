import type { JsonValue } from '../base/canonical-json.ts';

/** Says that a record of plain data is JSON: the types of interfaces have no index signature and cannot say it themselves. */
export function jsonValue(value: object): JsonValue {
  return value as { readonly [key: string]: JsonValue };
}
