import { isMgitError } from '../../base/errors.ts';
import type { Complain, DocumentPath } from '../../base/yaml-document.ts';
import { methodNamed } from '../methods/registry.ts';

const MIXTURE = 'assembling a mixture of experts (mergekit-moe)';
const EVOLUTION = 'an evolutionary search (mergekit-evolve)';

/** What mergekit's other programs read, by a key that only they have. */
const OTHER_PROGRAMS: readonly (readonly [key: string, what: string])[] = [
  ['experts', MIXTURE],
  ['gate_mode', MIXTURE],
  ['experts_per_token', MIXTURE],
  ['shared_experts', MIXTURE],
  ['genome', EVOLUTION],
  ['residual_weight', 'residual_weight'],
];

/** Parts of a reference to a model, in the form of a map. */
const REFERENCE_PARTS: Readonly<Record<string, string>> = {
  revision: 'a revision on the Hugging Face Hub',
  override_architecture: 'override_architecture',
};

/** Refuses, by name, what no merge of mgit does. Errors: `MERGE_RECIPE_UNSUPPORTED`, `MERGE_METHOD_UNKNOWN`. */
export function screenRecipe(data: unknown, complain: Complain): void {
  if (!isMap(data)) return;
  visit(data, [], complain);
  const isMergekit = 'merge_method' in data;
  screenMethod(data, isMergekit ? 'merge_method' : 'method', complain);
}

function screenMethod(data: Readonly<Record<string, unknown>>, key: string, complain: Complain): void {
  const name = data[key];
  if (typeof name !== 'string') return;
  try {
    methodNamed(name);
  } catch (error) {
    if (!isMgitError(error)) throw error;
    complain([key], error.message, {
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

function visit(value: unknown, path: DocumentPath, complain: Complain): void {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) visit(item, [...path, index], complain);
  if (!isMap(value)) return;
  const isReference = ['model', 'lora', 'base_model', 'tokenizer_source', 'source'].includes(
    String(path.at(-1)),
  );
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, key];
    const other = OTHER_PROGRAMS.find(([name]) => name === key);
    if (other && item !== null && !path.includes('parameters')) unsupported(at, other[1], complain);
    const part = isReference && item !== null ? REFERENCE_PARTS[key] : undefined;
    if (part !== undefined) unsupported(at, part, complain);
    visit(item, at, complain);
  }
}

/** Complains that mgit does not do something. */
export function unsupported(path: DocumentPath, what: string, complain: Complain): never {
  complain(path, `${what} is not supported`, {
    code: 'MERGE_RECIPE_UNSUPPORTED',
    hint: HINTS[what] ?? 'leave it out, if the merge means the same without it',
  });
}

const HINTS: Readonly<Record<string, string>> = {
  [String(REFERENCE_PARTS.revision)]: 'download that revision, and name its folder',
  [MIXTURE]: 'assemble it with mergekit-moe; mgit stores the result like any checkpoint',
  [EVOLUTION]: 'mgit merge-search finds the parameters of a merge (CMA-ES among the ways)',
};

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
