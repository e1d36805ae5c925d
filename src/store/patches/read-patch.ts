import { createHash } from 'node:crypto';
import type { ObjectId } from '../../base/ids.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import type { Commit } from '../history/history.ts';
import { parseCommit } from '../history/objects/commit-object.ts';
import { decodeObjects, type PatchObject } from './object-section.ts';
import { patchCorrupt } from './patch-error.ts';
import { decodePatchHead, PATCH_DIGEST_BYTES, PATCH_HEAD_BYTES, type PatchLengths } from './patch-frame.ts';
import { decodePatchHeader, type PatchHeader } from './patch-header.ts';

/** A patch file that was read and whose digest is right. */
export interface Patch {
  readonly header: PatchHeader;
  /** By id: the commits, and every version of a file that their changes name. */
  readonly objects: ReadonlyMap<ObjectId, PatchObject>;
  /** The commits, parsed, in the header's order. */
  readonly commits: readonly Commit[];
  readonly lengths: PatchLengths;
  /** Bytes of the whole file. */
  readonly size: number;
}

const SLICE_BYTES = 4 * 1024 * 1024;
const SUBMODULE = 0o160000;

/**
 * Reads a patch file and checks it as a whole. Its pack is left where it is: {@link extractPack} copies it. Errors: `PATCH_CORRUPT`,
 * `PATCH_UNSUPPORTED`, `OBJECT_CORRUPT`.
 */
export async function readPatch(fs: FileSystem, path: string): Promise<Patch> {
  const file = await fs.open(path, 'read');
  try {
    const { size } = await file.stat();
    const lengths = decodePatchHead(await part(file, 0, Math.min(size, PATCH_HEAD_BYTES)), size);
    await checkFileDigest(file, size);
    const header = decodePatchHeader(await part(file, PATCH_HEAD_BYTES, lengths.header));
    const objects = await decodeObjects(await part(file, PATCH_HEAD_BYTES + lengths.header, lengths.objects));
    checkComplete(header, objects);
    return { header, objects, commits: commitsOf(header, objects), lengths, size };
  } finally {
    await file.close();
  }
}

/** Lets `use` read the pack of a patch file where it is; undefined where there is none. */
export async function withPatchPack<Result>(
  fs: FileSystem,
  path: string,
  use: (pack: OpenFile) => Promise<Result>,
): Promise<Result | undefined> {
  const file = await fs.open(path, 'read');
  try {
    const { size } = await file.stat();
    const { header, objects, pack } = decodePatchHead(await part(file, 0, PATCH_HEAD_BYTES), size);
    if (pack === 0) return undefined;
    const start = PATCH_HEAD_BYTES + header + objects;
    return await use({
      ...file,
      stat: async () => ({ ...(await file.stat()), size: pack }),
      read: (buffer, position) => {
        const there = Math.max(0, Math.min(buffer.length, pack - position));
        return file.read(buffer.subarray(0, there), start + position);
      },
    });
  } finally {
    await file.close();
  }
}

/** Copies the pack of a patch file to a path where there is none. */
export async function extractPack(fs: FileSystem, path: string, to: string): Promise<void> {
  await withPatchPack(fs, path, async pack => {
    const { size } = await pack.stat();
    const target = await fs.open(to, 'create');
    try {
      for (let at = 0; at < size; at += SLICE_BYTES)
        await target.write(await part(pack, at, Math.min(SLICE_BYTES, size - at)), at);
    } finally {
      await target.close();
    }
  });
}

async function part(file: OpenFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  if ((await file.read(bytes, offset)) !== length) throw patchCorrupt('it ends too early');
  return bytes;
}

async function checkFileDigest(file: OpenFile, size: number): Promise<void> {
  const hash = createHash('sha256');
  const end = size - PATCH_DIGEST_BYTES;
  for (let at = 0; at < end; at += SLICE_BYTES)
    hash.update(await part(file, at, Math.min(SLICE_BYTES, end - at)));
  if (Buffer.compare(hash.digest(), await part(file, end, PATCH_DIGEST_BYTES)) !== 0)
    throw patchCorrupt('its digest is another');
}

/** Nothing that the header names may be missing, so that applying never stops half-way. */
function checkComplete({ commits }: PatchHeader, objects: ReadonlyMap<ObjectId, PatchObject>): void {
  for (const { id, changes } of commits) {
    if (objects.get(id)?.type !== 'commit') throw patchCorrupt(`the commit ${id} is not in it`);
    for (const { path, before, after } of changes)
      for (const version of [before, after])
        if (version && version.mode !== SUBMODULE && objects.get(version.id)?.type !== 'blob')
          throw patchCorrupt(`a version of ${JSON.stringify(path)} is not in it`);
  }
}

function commitsOf(
  { base, commits }: PatchHeader,
  objects: ReadonlyMap<ObjectId, PatchObject>,
): readonly Commit[] {
  let parent = base;
  return commits.map(({ id }) => {
    const commit = parseCommit(id, objects.get(id)?.bytes ?? new Uint8Array());
    if (commit.parents.length !== 1 || commit.parents[0] !== parent)
      throw patchCorrupt(`the commit ${id} does not continue the one before`);
    parent = id;
    return commit;
  });
}
