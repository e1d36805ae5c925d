import { createHash, type Hash } from 'node:crypto';
import { MgitError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

/** An object as it came out of the object database, inflated and without its header. */
export interface StoredObject {
  readonly type: ObjectType;
  readonly bytes: Uint8Array;
}

/** Git's object database: the part in which the two implementations of History differ. */
export interface ObjectStore {
  /** Requests may overlap. Errors: `OBJECT_MISSING`, `OBJECT_CORRUPT`. */
  read(id: ObjectId): Promise<StoredObject>;
  /** What an object is, without its content where that can be had. Errors: as `read`. */
  describe(id: ObjectId): Promise<{ readonly type: ObjectType; readonly size: number }>;
  /** The content of an object in order; the caller knows that it exists, and its size. Errors: `OBJECT_CORRUPT`. */
  stream(id: ObjectId, size: number): AsyncIterable<Uint8Array>;
  has(id: ObjectId): Promise<boolean>;
  /** Durable when it returns; does nothing when the object is there. */
  write(type: ObjectType, bytes: Uint8Array): Promise<ObjectId>;
  close(): Promise<void>;
}

/** The bytes before an object's content, which its id covers. */
export function objectHeader(type: ObjectType, size: number): Uint8Array {
  return Buffer.from(`${type} ${size}\0`, 'latin1');
}

/** The id of an object: the SHA-1 of header and content. */
export function hashObject(type: ObjectType, bytes: Uint8Array): ObjectId {
  return startHash(type, bytes.length).update(bytes).digest('hex') as ObjectId;
}

/** The hash that gives an object's id once it has all of its content. */
export function startHash(type: ObjectType, size: number): Hash {
  return createHash('sha1').update(objectHeader(type, size));
}

/** The id that stands for "no object" in reflogs and transactions. */
export const ZERO_ID = '0'.repeat(40) as ObjectId;

export function objectMissing(id: string): MgitError {
  return new MgitError('OBJECT_MISSING', `object ${id} is not in the repository`, {
    hint: 'run `git fsck`, or fetch it again from a remote that has it',
  });
}

export function objectCorrupt(id: string, cause?: unknown): MgitError {
  return new MgitError('OBJECT_CORRUPT', `object ${id} is damaged`, {
    hint: 'run `git fsck` and restore the object from another clone',
    ...(cause === undefined ? {} : { cause }),
  });
}
