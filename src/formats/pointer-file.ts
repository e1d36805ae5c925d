import { MgitError } from '../base/errors.ts';

/** Pointers are shorter than this. Source: Git LFS specification. */
const LONGEST_POINTER = 1024;

interface PointerKind {
  readonly name: string;
  readonly pattern: RegExp;
  readonly hint: string;
}

const POINTER_KINDS: readonly PointerKind[] = [
  {
    name: 'a Git LFS pointer',
    pattern: /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//,
    hint: 'fetch the model with "git lfs pull", then run the command again',
  },
  {
    name: 'a git-annex pointer',
    pattern: /^(?:\.\.\/)*(?:\.git)?\/annex\/objects\//,
    hint: 'fetch the model with "git annex get", then run the command again',
  },
];

/**
 * Refuses a file that only stands for a model kept elsewhere. `head` holds its first bytes. Errors: `MODEL_IS_POINTER`.
 */
export function refusePointer(head: Uint8Array, size: number): void {
  if (size > LONGEST_POINTER) return;
  const text = Buffer.from(head).toString('latin1');
  const kind = POINTER_KINDS.find(({ pattern }) => pattern.test(text));
  if (kind)
    throw new MgitError('MODEL_IS_POINTER', `the file is ${kind.name}, not the model itself`, {
      hint: kind.hint,
    });
}
