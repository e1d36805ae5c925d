import { readFileSync } from 'node:fs';
import { packageFile } from '../../base/package-file.ts';
import { parseYamlDocument } from '../../base/yaml-document.ts';
import { type Rename, type RenameRule, renamer } from './rename-rule.ts';

/** Files of `names/`, in the order in which their rules are applied. */
const FILES = ['wrappers', 'bodies', 'resnet', 'vision-transformer'];

let bundled: readonly RenameRule[] | undefined;

/**
 * Brings different spellings of a tensor's name to a common one, which only serves to compare them: first by a project's own rules, then by those
 * in `names/`. Errors: `RENAME_INVALID`.
 */
export function commonSpelling(own: readonly RenameRule[] = []): Rename {
  bundled ??= FILES.flatMap(readRules);
  return renamer([...own, ...bundled]);
}

function readRules(name: string): readonly RenameRule[] {
  const text = readFileSync(packageFile(`names/${name}.yaml`), 'utf8');
  return parseYamlDocument(text, `names/${name}.yaml`, {
    schema: 'names.schema.json',
    code: 'NAMES_INVALID',
    hint: 'install mgit again',
  }) as readonly RenameRule[];
}
