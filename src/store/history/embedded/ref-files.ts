import { join } from 'node:path';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { FileSystem } from '../../../base/ports/file-system.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { isRefName } from '../ref-names.ts';
import { readPackedRefs } from './packed-refs.ts';

const DEEPEST_SYMBOLIC = 5;

/** Where the refs of a repository are. */
export interface RefFiles {
  readonly ports: Ports;
  readonly gitDirectory: string;
  readonly commonDirectory: string;
}

/** What a ref's own file says. */
export type RawRef =
  | { readonly kind: 'id'; readonly id: ObjectId }
  | { readonly kind: 'symbolic'; readonly target: string }
  | undefined;

/** The directory that holds a ref and its log: of the work tree for HEAD and the like, else the common one. */
export function refRoot(files: RefFiles, ref: string): string {
  const own = !ref.startsWith('refs/') || /^refs\/(?:bisect|worktree|rewritten)\//.test(ref);
  return own ? files.gitDirectory : files.commonDirectory;
}

/** Reads a ref without following it: loose, else packed. Errors: `REF_CORRUPT`. */
export async function readRawRef(files: RefFiles, ref: string): Promise<RawRef> {
  const text = await readText(files.ports.fs, join(refRoot(files, ref), ref));
  if (text === undefined) {
    const id = (await readPackedRefs(files.ports.fs, files.commonDirectory)).get(ref);
    return id === undefined ? undefined : { kind: 'id', id };
  }
  const target = /^ref:\s*(.+?)\s*$/.exec(text)?.[1];
  if (target !== undefined) return { kind: 'symbolic', target };
  const id = /^([0-9a-f]{40})(?:\s|$)/.exec(text)?.[1];
  if (id === undefined)
    throw new MgitError('REF_CORRUPT', `${ref} holds neither an id nor the name of a ref`, {
      hint: `remove it, or write the id that \`git reflog ${ref}\` shows into it`,
    });
  return { kind: 'id', id: id as ObjectId };
}

/** Follows a symbolic ref to the ref that holds an id, or would. Errors: `REF_CORRUPT` for a circle. */
export async function followRef(
  files: RefFiles,
  ref: string,
): Promise<{ readonly ref: string; readonly id: ObjectId | undefined }> {
  let name = ref;
  for (let depth = 0; depth <= DEEPEST_SYMBOLIC; depth++) {
    const raw = await readRawRef(files, name);
    if (raw?.kind !== 'symbolic') return { ref: name, id: raw?.id };
    name = raw.target;
  }
  throw new MgitError('REF_CORRUPT', `${ref} is symbolic in a circle`, {
    hint: `run \`git symbolic-ref ${ref}\``,
  });
}

/** Names of all refs below a folder of `refs/`, loose and packed, in the order of their bytes. */
export async function refNames(files: RefFiles, folder: string): Promise<readonly string[]> {
  const { fs } = files.ports;
  const roots = new Set([files.commonDirectory, files.gitDirectory]);
  const names = new Set<string>();
  for (const root of roots)
    for (const name of await namesBelow(fs, root, folder.replace(/\/+$/, '')))
      if (refRoot(files, name) === root) names.add(name);
  for (const name of (await readPackedRefs(fs, files.commonDirectory)).keys())
    if (name.startsWith(folder)) names.add(name);
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function namesBelow(fs: FileSystem, root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await readFolder(fs, join(root, folder))) {
    const ref = `${folder}/${name}`;
    if (kind === 'directory') found.push(...(await namesBelow(fs, root, ref)));
    else if (isRefName(ref)) found.push(ref);
  }
  return found;
}

async function readFolder(fs: FileSystem, path: string): ReturnType<FileSystem['readDirectory']> {
  try {
    return await fs.readDirectory(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function readText(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await fs.readFile(path)).toString('utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}
