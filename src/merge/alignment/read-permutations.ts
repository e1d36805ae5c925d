import { type Complain, parseYamlDocument } from '../../base/yaml-document.ts';
import type { GroupPattern } from './permutation-groups.ts';

interface PermutationsDocument {
  readonly groups: readonly {
    readonly axes: readonly { readonly tensor: string; readonly axis: number; readonly optional?: boolean }[];
  }[];
}

/** Reads what somebody says of a model's permutations, as `schema/permutations.schema.json` has it. Errors: `PERMUTATIONS_INVALID`. */
export function readPermutations(text: string, name: string): readonly GroupPattern[] {
  const document = parseYamlDocument(text, name, {
    schema: 'permutations.schema.json',
    code: 'PERMUTATIONS_INVALID',
    hint: 'correct this line; docs/merging.md, "Alignment", and schema/permutations.schema.json describe what may stand there',
    check: checkRequired,
  }) as PermutationsDocument;
  return document.groups.map(({ axes }) => ({
    axes: axes.map(({ tensor, axis, optional = false }) => ({ tensor, axis, isOptional: optional })),
  }));
}

/** The first axis finds the groups. */
function checkRequired(data: unknown, complain: Complain): void {
  for (const [index, { axes }] of (data as PermutationsDocument).groups.entries())
    if (axes[0]?.optional)
      complain(['groups', index, 'axes', 0], 'the first axis of a group cannot be optional');
}
