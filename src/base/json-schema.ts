import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { loadAjv } from './lazy-packages.ts';
import { packageFile } from './package-file.ts';

const compiled = new Map<string, ValidateFunction>();

/** The validator of a schema in `schema/`, by its file name; compiled once. */
export function schemaValidator(name: string): ValidateFunction {
  const known = compiled.get(name);
  if (known) return known;
  const text = readFileSync(packageFile(`schema/${name}`), 'utf8');
  const { Ajv2020 } = loadAjv();
  const options = { allErrors: false, strict: true, meta: false, validateSchema: false }; // Schemas are checked by tests: it takes half of the time.
  const validate = new Ajv2020(options).compile(JSON.parse(text));
  compiled.set(name, validate);
  return validate;
}
