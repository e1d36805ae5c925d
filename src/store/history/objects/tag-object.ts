import { MgitError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { Signature } from '../history.ts';
import { splitObject } from './commit-object.ts';
import { type ObjectType, objectCorrupt } from './object-store.ts';
import { formatSignature } from './signature.ts';

/** The fields of an annotated tag. */
export interface TagFields {
  readonly name: string;
  readonly target: ObjectId;
  readonly type: ObjectType;
  readonly tagger: Signature;
  readonly message: string;
}

/** Writes a tag object; a signature's armour is appended to it as it is. Errors: `TAG_INVALID` for a message with a NUL byte. */
export function formatTag(tag: TagFields): Uint8Array {
  if (tag.message.includes('\0')) throw new MgitError('TAG_INVALID', 'a tag cannot hold a NUL character');
  const message = tag.message.endsWith('\n') || tag.message === '' ? tag.message : `${tag.message}\n`;
  const headers = [
    `object ${tag.target}`,
    `type ${tag.type}`,
    `tag ${tag.name}`,
    `tagger ${formatSignature(tag.tagger)}`,
  ];
  return Buffer.from(`${headers.join('\n')}\n\n${message}`);
}

/** Where a tag's signature begins. Source: Git's gpg-interface.c. */
const SIGNATURE = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----$/m;

/** A tag that points at another object, and all else byte for byte as it was, but for a signature, which held for the original only. */
export function retargetTag(
  tag: Uint8Array,
  target: ObjectId,
): { readonly bytes: Uint8Array; readonly wasSigned: boolean } {
  const text = Buffer.from(tag.buffer, tag.byteOffset, tag.length).toString('latin1');
  const end = text.indexOf('\n\n') < 0 ? text.length : text.indexOf('\n\n');
  const [head, body] = [text.slice(0, end), text.slice(end)];
  const signature = SIGNATURE.exec(body)?.index ?? body.length;
  const headers = head.replace(/\ngpgsig(?:-sha256)? .*(?:\n .*)*/, '');
  return {
    bytes: Buffer.from(
      headers.replace(/^object .*/, `object ${target}`) + body.slice(0, signature),
      'latin1',
    ),
    wasSigned: signature < body.length || headers !== head,
  };
}

/** What an annotated tag points at. Errors: `OBJECT_CORRUPT`. */
export function tagTarget(id: ObjectId, bytes: Uint8Array): ObjectId {
  const target = splitObject(bytes).headers.find(([name]) => name === 'object')?.[1];
  if (target === undefined) throw objectCorrupt(id);
  return target as ObjectId;
}
