import { parseYamlDocument } from '../../base/yaml-document.ts';
import { checkProjectRules } from './rules.ts';

/** Parses and validates; returns plain data that the schema and the rules beyond it accept. Errors: `PROJECT_FILE_INVALID`. */
export function parseProjectText(text: string, name: string): unknown {
  return parseYamlDocument(text, name, {
    schema: 'mgit.schema.json',
    code: 'PROJECT_FILE_INVALID',
    hint: 'correct this line; docs/gates.md and schema/mgit.schema.json describe what may stand there',
    check: checkProjectRules,
  });
}
