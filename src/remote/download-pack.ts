import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMgitError, MgitError } from '../base/errors.ts';
import type { OpenFile } from '../base/ports/file-system.ts';
import { makeDurableDirectory } from '../store/packs/durable-directory.ts';
import type { PackBackend } from './backends/backend.ts';
import type { LocalSide } from './local-side.ts';
import { continuePartial, partialPath } from './partial-files.ts';
import type { PackPointer } from './pointer.ts';

/** What a download needs besides the pack. `onBytes` counts what the file holds, also from an earlier attempt. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (count: number) => void;
}

/**
 * Downloads a pack to a file of its own in `tmp/` and returns its path. What an interrupted download left there is continued, and
 * the file is left there when this one is interrupted; the whole is checked against the pointer. Errors: `TRANSFER_CORRUPT`, and
 * nothing is kept then; as {@link PackBackend.load}.
 */
export async function downloadPack(
  local: LocalSide,
  backend: PackBackend,
  pointer: PackPointer,
  options: DownloadOptions,
): Promise<string> {
  const { fs } = local.ports;
  await makeDurableDirectory(fs, join(local.mgitDirectory, 'tmp'));
  const path = partialPath(local, pointer.id);
  const file = await fs.open(path, 'create');
  const target = { backend, pointer, path, file };
  try {
    // What an earlier attempt left may be no good: then once more from the beginning.
    for (const continues of [true, false])
      if (await fill(local, { ...target, continues }, options)) return path;
    throw corrupt(pointer);
  } catch (error) {
    const isUseless = isMgitError(error, 'TRANSFER_CORRUPT') || (await file.stat()).size === 0;
    if (isUseless) await fs.removeFile(path);
    throw error;
  } finally {
    await file.close();
  }
}

interface Target {
  readonly backend: PackBackend;
  readonly pointer: PackPointer;
  readonly path: string;
  readonly file: OpenFile;
  readonly continues: boolean;
}

/** Fills the file; false when the result is not the pack: then it is empty again. */
async function fill(local: LocalSide, target: Target, options: DownloadOptions): Promise<boolean> {
  const { backend, pointer, file } = target;
  const hash = createHash('sha256');
  let position = target.continues ? await continuePartial(local, pointer, { ...target, hash }) : 0;
  options.onBytes(position);
  const range = position === 0 ? undefined : { offset: position, length: pointer.size - position };
  const signal = options.signal ? { signal: options.signal } : {};
  const rest = position === pointer.size ? [] : backend.load(pointer, range, signal);
  for await (const slice of rest) {
    await file.write(slice, position);
    hash.update(slice);
    position += slice.length;
    options.onBytes(slice.length);
  }
  if (hash.digest('hex') === pointer.oid) return true;
  await file.truncate(0);
  options.onBytes(-position);
  return false;
}

function corrupt(pointer: PackPointer): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `pack ${pointer.id} did not arrive as it was pushed`, {
    hint: 'run the command again; if it stays so, push the pack again from a clone that has it',
  });
}
