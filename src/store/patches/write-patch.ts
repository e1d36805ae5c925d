import { createHash } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { encodeObjects, type PatchObject } from './object-section.ts';
import { encodePatchHead, PATCH_LIMITS } from './patch-frame.ts';
import { encodePatchHeader, type PatchHeader } from './patch-header.ts';

/** What goes into a patch file. */
export interface PatchContent {
  readonly header: PatchHeader;
  readonly objects: readonly PatchObject[];
  /** The absolute path of a finished pack. */
  readonly pack: string | undefined;
}

const SLICE_BYTES = 4 * 1024 * 1024;

/** The bytes of a patch file, in slices. Errors: `PATCH_TOO_LARGE`. */
export async function* patchBytes(fs: FileSystem, content: PatchContent): AsyncGenerator<Uint8Array> {
  const header = encodePatchHeader(content.header);
  const objects = await encodeObjects(content.objects);
  const total = content.objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (header.length > PATCH_LIMITS.headerBytes || Math.max(total, objects.length) > PATCH_LIMITS.objectBytes)
    throw patchTooLarge();
  const pack = content.pack === undefined ? 0 : (await fs.stat(content.pack)).size;
  const hash = createHash('sha256');
  const parts = [encodePatchHead({ header: header.length, objects: objects.length, pack }), header, objects];
  for (const part of parts) {
    hash.update(part);
    yield part;
  }
  for await (const slice of content.pack === undefined ? [] : fileSlices(fs, content.pack)) {
    hash.update(slice);
    yield slice;
  }
  yield hash.digest();
}

/** The error of what does not fit into one file. */
export function patchTooLarge(): MgitError {
  return new MgitError('PATCH_TOO_LARGE', 'these changes do not fit into one patch file', {
    hint: 'make a patch of fewer commits, or a lossy one (--sparse); "mgit push" has no such bound',
  });
}

async function* fileSlices(fs: FileSystem, path: string): AsyncGenerator<Uint8Array> {
  const file = await fs.open(path, 'read');
  try {
    for (let at = 0, got = SLICE_BYTES; got === SLICE_BYTES; at += got) {
      const slice = new Uint8Array(SLICE_BYTES);
      got = await file.read(slice, at);
      yield slice.subarray(0, got);
    }
  } finally {
    await file.close();
  }
}
