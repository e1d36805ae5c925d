import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { git } from './git.ts';
import type { Scene } from './scene.ts';

/** Names that lead out of the work tree, or into Git's directory on some system. */
export const HOSTILE_NAMES = [
  ...['.', '..', '/evil', '../evil', 'a/../../evil'],
  ...['.git', '.GIT', '.gIt', 'git~1', 'GIT~1'],
  ...['.git ', '.git.', '.git. . ', 'git~1.', '.git::$INDEX_ALLOCATION', '.Git:stream'],
  ...['.git\\hooks', 'a\\.git\\hooks', '..\\.git'],
  ...['..\\evil', 'a\\..\\..\\evil'],
  ...['.g\u200cit', '\u202e.git', '.git\ufeff', '.\u206bG\u200dIT'],
];

/** An entry of a tree; its name is whatever is given. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** Writes an object as no Git would: nothing is checked. Returns its id. */
async function writeRaw(work: Scene, type: string, body: Uint8Array): Promise<string> {
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const id = createHash('sha1').update(bytes).digest('hex');
  const folder = join(work.path, '.git/objects', id.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, id.slice(2)), deflateSync(bytes));
  return id;
}

/** Writes a file's content. */
export function rawBlob(work: Scene, text: string): Promise<string> {
  return writeRaw(work, 'blob', Buffer.from(text));
}

/** Writes a tree of entries in the given order. */
export function rawTree(work: Scene, entries: readonly RawEntry[]): Promise<string> {
  const parts = entries.map(({ mode, name, id }) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
  return writeRaw(work, 'tree', Buffer.concat(parts));
}

/** Puts a commit of a tree, on top of the one before `HEAD`, on a branch. */
export async function branchOfTree(work: Scene, branch: string, tree: string): Promise<void> {
  const commit = await git(work.ports, work.path, 'commit-tree', tree, '-p', 'HEAD~1', '-m', 'evil');
  await git(work.ports, work.path, 'update-ref', `refs/heads/${branch}`, commit.trim());
}
