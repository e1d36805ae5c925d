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

/** What an annotated tag points at. Errors: `OBJECT_CORRUPT`. */
export function tagTarget(id: ObjectId, bytes: Uint8Array): ObjectId {
  const target = splitObject(bytes).headers.find(([name]) => name === 'object')?.[1];
  if (target === undefined) throw objectCorrupt(id);
  return target as ObjectId;
}
