import { MgitError } from '../base/errors.ts';
import { type Digest, type PackId, parsePackId } from '../base/ids.ts';
import { readLfsPointer } from '../formats/pointer-file.ts';

/** A pack as a remote knows it: `oid` is the SHA-256 of the whole file (its Git LFS object id), `size` its length in bytes. */
export interface PackPointer {
  readonly id: PackId;
  readonly oid: Digest;
  readonly size: number;
}

const POINTER_PATH = /^packs\/([0-9a-f]{2})\/([0-9a-f]{64})$/;

/** The text of a Git LFS pointer file, byte for byte as git-lfs writes it. */
export function formatPointer(pointer: { readonly oid: Digest; readonly size: number }): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${pointer.oid}\nsize ${pointer.size}\n`;
}

/** Reads a pointer file. Errors: `POINTER_INVALID`. */
export function parsePointer(id: PackId, text: string): PackPointer {
  const found = readLfsPointer(Buffer.from(text));
  if (found === undefined || found === 'unreadable' || formatPointer(found) !== text)
    throw new MgitError('POINTER_INVALID', `the pointer of pack ${id} is not a Git LFS pointer`, {
      hint: 'the tree of refs/mgit/packs on the remote is damaged: ask who pushed to it last',
    });
  return { id, ...found };
}

/** Where a pack's pointer is in the tree of `refs/mgit/packs`. */
export function pointerPath(id: PackId): string {
  return `packs/${id.slice(0, 2)}/${id}`;
}

/** The pack whose pointer is at a path of that tree; undefined for any other path. */
export function packOfPointerPath(path: string): PackId | undefined {
  const match = POINTER_PATH.exec(path);
  if (!match?.[1] || !match[2]?.startsWith(match[1])) return undefined;
  return parsePackId(match[2]);
}
