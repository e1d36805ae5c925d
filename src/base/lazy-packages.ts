import { createRequire } from 'node:module';

/**
 * Packages of many small files, loaded when they are first used: most commands read neither YAML nor what has a schema, and
 * would start a fifth later.
 */
const load = createRequire(import.meta.url);

export const loadAjv = (): typeof import('ajv/dist/2020.js') => load('ajv/dist/2020.js');

export const loadYaml = (): typeof import('yaml') => load('yaml');
