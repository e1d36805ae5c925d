import { MgitError } from '../base/errors.ts';
import { type Digest, parseDigest } from '../base/ids.ts';

/** Pointers are shorter than this. Source: Git LFS specification. */
export const LONGEST_POINTER = 1024;

interface PointerKind {
  readonly name: string;
  readonly pattern: RegExp;
  readonly hint: string;
}

const LFS: PointerKind = {
  name: 'a Git LFS pointer',
  pattern: /^version https?:\/\/(?:git-lfs\.github\.com\/spec|hawser\.github\.com\/spec|git-media\.io\/v)\//,
  hint: 'fetch the model with "git lfs pull", then run the command again',
};

const POINTER_KINDS: readonly PointerKind[] = [
  LFS,
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

/** What a Git LFS pointer says of the file that it stands for. */
export interface LfsPointer {
  readonly oid: Digest;
  readonly size: number;
}

const LFS_POINTER =
  /^version (?:https:\/\/git-lfs\.github\.com\/spec\/v1|https:\/\/hawser\.github\.com\/spec\/v1|http:\/\/git-media\.io\/v\/2)\noid sha256:([0-9a-f]{64})\nsize (0|[1-9]\d{0,15})\n?$/;

/**
 * Reads a Git LFS pointer; undefined for any other content. `unreadable`: one whose content other programs must unpack (`ext-...`), or a
 * damaged one. Source: Git LFS specification, "The Pointer".
 */
export function readLfsPointer(bytes: Uint8Array): LfsPointer | 'unreadable' | undefined {
  if (bytes.length > LONGEST_POINTER) return undefined;
  const text = Buffer.from(bytes).toString('latin1');
  const [, oid, size] = LFS_POINTER.exec(text) ?? [];
  if (oid !== undefined && Number.isSafeInteger(Number(size)))
    return { oid: parseDigest(oid), size: Number(size) };
  return LFS.pattern.test(text) ? 'unreadable' : undefined;
}
