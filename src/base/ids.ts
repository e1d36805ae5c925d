import { MgitError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of an extent's bytes: 64 lower-case hexadecimal digits. */
export type Digest = Branded<'Digest'>;
/** SHA-256 of a pack's index: 64 lower-case hexadecimal digits. */
export type PackId = Branded<'PackId'>;
/** A Git object id: 40 lower-case hexadecimal digits (64 in a SHA-256 repository). */
export type ObjectId = Branded<'ObjectId'>;
/** The object id of a Git commit. */
export type CommitId = ObjectId & { readonly commit: true };

const SHA256_PATTERN = /^[0-9a-f]{64}$/;
const OBJECT_PATTERN = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Reads a {@link Digest}. Errors: `DIGEST_INVALID`. */
export function parseDigest(text: string): Digest {
  if (!SHA256_PATTERN.test(text))
    throw new MgitError('DIGEST_INVALID', `not a SHA-256 digest: ${JSON.stringify(text.slice(0, 80))}`);
  return text as Digest;
}

/** Reads a {@link PackId}. Errors: `PACK_ID_INVALID`. */
export function parsePackId(text: string): PackId {
  if (!SHA256_PATTERN.test(text))
    throw new MgitError('PACK_ID_INVALID', `not a pack id: ${JSON.stringify(text.slice(0, 80))}`);
  return text as PackId;
}

/** Reads an {@link ObjectId}. Errors: `OBJECT_ID_INVALID`. */
export function parseObjectId(text: string): ObjectId {
  if (!OBJECT_PATTERN.test(text))
    throw new MgitError('OBJECT_ID_INVALID', `not a Git object id: ${JSON.stringify(text.slice(0, 80))}`);
  return text as ObjectId;
}

/** Reads a {@link CommitId}. Errors: `OBJECT_ID_INVALID`. */
export function parseCommitId(text: string): CommitId {
  return parseObjectId(text) as CommitId;
}
