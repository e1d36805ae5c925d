import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { isMgitError, isSystemError, MgitError } from '../base/errors.ts';
import type { OpenFile } from '../base/ports/file-system.ts';
import type { PackBackend } from './backends/backend.ts';
import type { LocalSide } from './local-side.ts';
import type { PackPointer } from './pointer.ts';

/** What a download needs besides the pack. `onBytes` counts what the file holds, also from an earlier attempt. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (count: number) => void;
}

/**
 * Downloads a pack to a file in `tmp/` and returns its path. What an interrupted download left there is kept and continued; the whole
 * is checked against the pointer. Errors: `TRANSFER_CORRUPT`, and nothing is kept then; as {@link PackBackend.load}.
 */
export async function downloadPack(
  local: LocalSide,
  backend: PackBackend,
  pointer: PackPointer,
  options: DownloadOptions,
): Promise<string> {
  const directory = join(local.mgitDirectory, 'tmp');
  await local.ports.fs.makeDirectory(directory);
  const path = join(directory, `${pointer.id}.partial`);
  try {
    if (await fill(local, { backend, pointer, path }, options)) return path;
    // What an earlier attempt left was no good: once more from the beginning.
    if (await fill(local, { backend, pointer, path }, options)) return path;
  } catch (error) {
    if (isMgitError(error, 'TRANSFER_CORRUPT')) await remove(local, path);
    throw error;
  }
  await remove(local, path);
  throw new MgitError('TRANSFER_CORRUPT', `pack ${pointer.id} did not arrive as it was pushed`, {
    hint: 'run the command again; if it stays so, push the pack again from a clone that has it',
  });
}

interface Target {
  readonly backend: PackBackend;
  readonly pointer: PackPointer;
  readonly path: string;
}

/** Completes the partial file; false when the result is not the pack: then the file is empty again. */
async function fill(local: LocalSide, target: Target, options: DownloadOptions): Promise<boolean> {
  const { backend, pointer } = target;
  const file = await openPartial(local, target.path);
  try {
    const hash = createHash('sha256');
    let position = await hashExisting(file, pointer, hash);
    options.onBytes(position);
    const range = position === 0 ? undefined : { offset: position, length: pointer.size - position };
    const signal = options.signal ? { signal: options.signal } : {};
    for await (const slice of backend.load(pointer, range, signal)) {
      await file.write(slice, position);
      hash.update(slice);
      position += slice.length;
      options.onBytes(slice.length);
    }
    if (hash.digest('hex') === pointer.oid) return true;
    await file.truncate(0);
    options.onBytes(-position);
    return false;
  } finally {
    await file.close();
  }
}

async function openPartial(local: LocalSide, path: string): Promise<OpenFile> {
  try {
    return await local.ports.fs.open(path, 'update');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return local.ports.fs.open(path, 'write');
  }
}

async function hashExisting(file: OpenFile, pointer: PackPointer, hash: Hash): Promise<number> {
  const { size } = await file.stat();
  if (size > pointer.size) {
    await file.truncate(0);
    return 0;
  }
  const buffer = new Uint8Array(1 << 20);
  for (let position = 0; position < size; position += buffer.length) {
    const length = await file.read(buffer, position);
    hash.update(buffer.subarray(0, length));
  }
  return size;
}

async function remove(local: LocalSide, path: string): Promise<void> {
  await local.ports.fs.removeFile(path);
}
