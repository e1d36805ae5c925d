import { MgitError } from '../../../base/errors.ts';
import type { CommitId, ObjectId } from '../../../base/ids.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { configBoolean } from '../config-values.ts';
import type { Commit, History, NewCommit, Signature } from '../history.ts';
import { checkRefName } from '../ref-names.ts';
import { signPayload } from '../signing.ts';
import { addCommitSignature, formatCommit, parseCommit } from './commit-object.ts';
import { hashObject, type ObjectStore, type ObjectType, objectCorrupt, startHash } from './object-store.ts';
import { formatTag, tagTarget } from './tag-object.ts';
import { findTreeFile, listTreeFiles, readTree, writeTreeFiles } from './tree-files.ts';
import { formatTree } from './tree-object.ts';

/** The methods of History that only need an object database. */
export type ObjectHistory = Pick<
  History,
  | 'readBlob'
  | 'readBlobs'
  | 'blobSize'
  | 'streamBlob'
  | 'writeBlob'
  | 'hashBlob'
  | 'readCommit'
  | 'writeCommit'
  | 'readCommitObject'
  | 'writeCommitObject'
  | 'writeTag'
  | 'readTagObject'
  | 'writeTagObject'
  | 'readTreeEntries'
  | 'writeTreeEntries'
  | 'listTree'
  | 'findInTree'
  | 'writeTree'
  | 'hasObject'
>;

/** What commits and tags need besides the object database. */
export interface ObjectHistoryContext extends Pick<History, 'config' | 'identity'> {
  readonly ports: Ports;
  readonly store: ObjectStore;
}

const READ_AHEAD = 16;

/** Blobs, trees, commits and tags over an object database; the same for both implementations. */
export function objectHistory(context: ObjectHistoryContext): ObjectHistory {
  const { store } = context;
  return {
    readBlob: id => readTyped(store, id, 'blob'),
    readBlobs: ids => readAhead(store, ids),
    blobSize: id => blobSize(store, id),
    streamBlob: id => streamBlob(store, id),
    writeBlob: bytes => store.write('blob', bytes),
    hashBlob: bytes => hashObject('blob', bytes),
    readCommit: id => readCommit(store, id),
    writeCommit: commit => writeCommit(context, commit),
    readCommitObject: id => readTyped(store, id, 'commit'),
    writeCommitObject: async bytes => {
      const { id } = parseCommit(hashObject('commit', bytes) as CommitId, bytes);
      await store.write('commit', bytes);
      return id;
    },
    writeTag: tag => writeTag(context, tag),
    readTagObject: id => readTyped(store, id, 'tag'),
    writeTagObject: async bytes => {
      tagTarget(hashObject('tag', bytes), bytes);
      return store.write('tag', bytes);
    },
    readTreeEntries: id => readTree(store, id),
    writeTreeEntries: entries => store.write('tree', formatTree(entries)),
    listTree: (tree, prefix) => listTreeFiles(store, tree, prefix),
    findInTree: (tree, path) => findTreeFile(store, tree, path),
    writeTree: files => writeTreeFiles(store, files),
    hasObject: id => store.has(id),
  };
}

/** Reads and parses a commit. Errors: `OBJECT_MISSING`, `OBJECT_CORRUPT`, `OBJECT_TYPE_MISMATCH`. */
export async function readCommit(store: ObjectStore, id: CommitId): Promise<Commit> {
  return parseCommit(id, await readTyped(store, id, 'commit'));
}

async function readTyped(store: ObjectStore, id: ObjectId, type: ObjectType): Promise<Uint8Array> {
  const object = await store.read(id);
  requireType(id, object.type, type);
  if (hashObject(type, object.bytes) !== id) throw objectCorrupt(id);
  return object.bytes;
}

function requireType(id: ObjectId, found: ObjectType, wanted: ObjectType): void {
  if (found !== wanted)
    throw new MgitError('OBJECT_TYPE_MISMATCH', `object ${id} is a ${found}, not a ${wanted}`);
}

async function blobSize(store: ObjectStore, id: ObjectId): Promise<number> {
  const { type, size } = await store.describe(id);
  requireType(id, type, 'blob');
  return size;
}

async function* streamBlob(store: ObjectStore, id: ObjectId): AsyncGenerator<Uint8Array> {
  const size = await blobSize(store, id);
  const hash = startHash('blob', size);
  for await (const slice of store.stream(id, size)) {
    hash.update(slice);
    yield slice;
  }
  if (hash.digest('hex') !== id) throw objectCorrupt(id);
}

async function* readAhead(store: ObjectStore, ids: Iterable<ObjectId>): AsyncGenerator<Uint8Array> {
  const waiting: Promise<Uint8Array>[] = [];
  for (const id of ids) {
    const reading = readTyped(store, id, 'blob');
    reading.catch(() => {}); // Thrown where its turn comes.
    waiting.push(reading);
    if (waiting.length >= READ_AHEAD) yield await (waiting.shift() as Promise<Uint8Array>);
  }
  for (const reading of waiting) yield await reading;
}

async function writeCommit(context: ObjectHistoryContext, commit: NewCommit): Promise<CommitId> {
  const author = commit.author ?? (await context.identity('author'));
  const committer = commit.committer ?? (await context.identity('committer'));
  const payload = formatCommit({ ...commit, author, committer });
  const sign = commit.sign ?? (await configured(context, 'commit.gpgsign'));
  const bytes = sign ? addCommitSignature(payload, await armour(context, committer, payload)) : payload;
  return (await context.store.write('commit', bytes)) as CommitId;
}

async function writeTag(
  context: ObjectHistoryContext,
  tag: Parameters<History['writeTag']>[0],
): Promise<ObjectId> {
  checkRefName(`refs/tags/${tag.name}`);
  const tagger = await context.identity('committer');
  const { type } = await context.store.read(tag.target);
  const payload = formatTag({ ...tag, type, tagger });
  const sign = tag.sign ?? (await configured(context, 'tag.gpgsign'));
  const signature = sign ? await armour(context, tagger, payload) : '';
  return context.store.write('tag', Buffer.concat([payload, Buffer.from(signature)]));
}

function armour(context: ObjectHistoryContext, signer: Signature, payload: Uint8Array): Promise<string> {
  return signPayload({ ports: context.ports, config: context.config, signer }, payload);
}

async function configured(context: ObjectHistoryContext, key: string): Promise<boolean> {
  return configBoolean(key, await context.config(key)) ?? false;
}
