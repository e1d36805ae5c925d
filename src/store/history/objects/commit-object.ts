import { MgitError } from '../../../base/errors.ts';
import type { CommitId, ObjectId } from '../../../base/ids.ts';
import type { Commit, Signature } from '../history.ts';
import { objectCorrupt } from './object-store.ts';
import { formatSignature, parseSignature } from './signature.ts';

/** The fields of a commit object, before it has an id. */
export interface CommitFields {
  readonly tree: ObjectId;
  readonly parents: readonly CommitId[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** Parses a commit object. Errors: `OBJECT_CORRUPT`. */
export function parseCommit(id: CommitId, bytes: Uint8Array): Commit {
  const { headers, body } = splitObject(bytes);
  const tree = headers.find(([name]) => name === 'tree')?.[1];
  const author = headers.find(([name]) => name === 'author')?.[1];
  const committer = headers.find(([name]) => name === 'committer')?.[1];
  if (tree === undefined || author === undefined || committer === undefined) throw objectCorrupt(id);
  return {
    id,
    tree: tree as ObjectId,
    parents: headers.filter(([name]) => name === 'parent').map(([, value]) => value as CommitId),
    author: parseSignature(author),
    committer: parseSignature(committer),
    message: body,
    signed: headers.some(([name]) => name === 'gpgsig' || name === 'gpgsig-sha256'),
  };
}

/** Writes a commit object. Errors: `COMMIT_INVALID` for a message with a NUL byte. */
export function formatCommit(commit: CommitFields): Uint8Array {
  if (commit.message.includes('\0'))
    throw new MgitError('COMMIT_INVALID', 'a commit message cannot hold a NUL character');
  const headers = [
    `tree ${commit.tree}`,
    ...commit.parents.map(parent => `parent ${parent}`),
    `author ${formatSignature(commit.author)}`,
    `committer ${formatSignature(commit.committer)}`,
  ];
  return Buffer.from(`${headers.join('\n')}\n\n${commit.message}`);
}

/** Puts a signature's armour into the header of a commit object. */
export function addCommitSignature(commit: Uint8Array, armour: string): Uint8Array {
  const text = Buffer.from(commit);
  const end = text.indexOf('\n\n') + 1;
  const lines = armour.replace(/\n+$/, '').split('\n').join('\n ');
  return Buffer.concat([text.subarray(0, end), Buffer.from(`gpgsig ${lines}\n`), text.subarray(end)]);
}

const UNSIGNED = /^(?:gpgsig|gpgsig-sha256|mergetag)$/;

/**
 * A commit with another tree and other parents, and all else byte for byte as it was, but for signatures (of its own and of merged tags),
 * which hold for the original only.
 */
export function relinkCommit(
  commit: Uint8Array,
  { tree, parents }: Pick<CommitFields, 'tree' | 'parents'>,
): Buffer {
  const text = Buffer.from(commit.buffer, commit.byteOffset, commit.length);
  const end = text.indexOf('\n\n');
  const kept = headerBlocks(text.toString('latin1', 0, end < 0 ? text.length : end)).filter(
    ({ name }) => name !== 'tree' && name !== 'parent' && !UNSIGNED.test(name),
  );
  const links = [`tree ${tree}`, ...parents.map(parent => `parent ${parent}`)];
  const head = [...links, ...kept.map(block => block.text)].join('\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), end < 0 ? Buffer.from('\n\n') : text.subarray(end)]);
}

/** The headers of an object, each with its continuation lines. */
function headerBlocks(head: string): readonly { readonly name: string; readonly text: string }[] {
  return head.split(/\n(?! )/).map(text => ({ name: text.split(' ', 1)[0] ?? '', text }));
}

/** Headers (continuation lines joined) and body of a commit or tag object, in the encoding that it declares. */
export function splitObject(bytes: Uint8Array): {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.indexOf('\n\n');
  const head = end < 0 ? buffer : buffer.subarray(0, end);
  const encoding = /^encoding (.+)$/m.exec(head.toString('latin1'))?.[1];
  const decode = textDecoder(encoding);
  const lines = decode(head).replace(/\n$/, '').replace(/\n /g, '\0').split('\n');
  const headers = lines.map(line => {
    const at = line.indexOf(' ');
    return [
      at < 0 ? line : line.slice(0, at),
      at < 0 ? '' : line.slice(at + 1).replace(/\0/g, '\n'),
    ] as const;
  });
  return { headers, body: end < 0 ? '' : decode(buffer.subarray(end + 2)) };
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

function textDecoder(encoding: string | undefined): (bytes: Uint8Array) => string {
  if (encoding === undefined) return bytes => UTF8.decode(bytes);
  try {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true });
    return bytes => decoder.decode(bytes);
  } catch {
    // A name that no one knows: Git shows the bytes as they are.
    return bytes => Buffer.from(bytes).toString('utf8');
  }
}
