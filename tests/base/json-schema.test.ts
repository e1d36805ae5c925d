import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { schemaValidator } from '../../src/base/json-schema.ts';

const SCHEMAS = readdirSync('schema').filter(name => name.endsWith('.schema.json'));

test('there are schemas', () => expect(SCHEMAS.length).toBeGreaterThan(3));

// Commands do not check the schemas themselves: that would take longer than to compile them.
test.for(SCHEMAS)('%s is a valid schema, and compiles without its meta-schema', name => {
  const schema = JSON.parse(readFileSync(`schema/${name}`, 'utf8'));
  const strict = new Ajv2020({ strict: true });
  expect(strict.validateSchema(schema), JSON.stringify(strict.errors)).toBe(true);
  expect(schemaValidator(name)({})).toBe(strict.compile(schema)({}));
});
