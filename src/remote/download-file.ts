import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMgitError, MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import type { Digest } from '../base/ids.ts';
import type { OpenFile } from '../base/ports/file-system.ts';
import { makeDurableDirectory } from '../store/packs/durable-directory.ts';
import type { PackRange } from './backends/backend.ts';
import type { LocalSide } from './local-side.ts';
import { continuePartial, partialPath } from './partial-files.ts';

/** A file that a remote has. */
export interface WantedFile {
  /** What its unfinished downloads are named after. */
  readonly id: string;
  /** The SHA-256 of its bytes. */
  readonly oid: Digest;
  readonly size: number;
  /** For messages, as `pack <id>`. */
  readonly name: string;
  readonly damagedHint: string;
  load(range: PackRange | undefined, options: LongOperation): AsyncIterable<Uint8Array>;
}

/** What a download needs besides the file. `onBytes` counts what the file holds, also from an earlier attempt. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (count: number) => void;
}

type Place = Pick<LocalSide, 'ports' | 'mgitDirectory'>;

/**
 * Downloads a file to one of its own in `tmp/` and returns its path. What an interrupted download left there is continued, and
 * the file is left there when this one is interrupted; the whole is checked against its digest. Errors: `TRANSFER_CORRUPT`, and
 * nothing is kept then; as {@link WantedFile.load}.
 */
export async function downloadFile(
  local: Place,
  wanted: WantedFile,
  options: DownloadOptions,
): Promise<string> {
  const { fs } = local.ports;
  await makeDurableDirectory(fs, join(local.mgitDirectory, 'tmp'));
  const path = partialPath(local, wanted.id);
  const file = await fs.open(path, 'create');
  const target = { wanted, path, file };
  try {
    // What an earlier attempt left may be no good: then once more from the beginning.
    for (const continues of [true, false])
      if (await fill(local, { ...target, continues }, options)) return path;
    throw corrupt(wanted);
  } catch (error) {
    const isUseless = isMgitError(error, 'TRANSFER_CORRUPT') || (await file.stat()).size === 0;
    if (isUseless) await fs.removeFile(path);
    throw error;
  } finally {
    await file.close();
  }
}

interface Target {
  readonly wanted: WantedFile;
  readonly path: string;
  readonly file: OpenFile;
  readonly continues: boolean;
}

/** Fills the file; false when the result is not what was wanted: then it is empty again. */
async function fill(local: Place, target: Target, options: DownloadOptions): Promise<boolean> {
  const { wanted, file } = target;
  const hash = createHash('sha256');
  let position = target.continues ? await continuePartial(local, wanted, { ...target, hash }) : 0;
  options.onBytes(position);
  const range = position === 0 ? undefined : { offset: position, length: wanted.size - position };
  const signal = options.signal ? { signal: options.signal } : {};
  const rest = position === wanted.size ? [] : wanted.load(range, signal);
  for await (const slice of rest) {
    await file.write(slice, position);
    hash.update(slice);
    position += slice.length;
    options.onBytes(slice.length);
  }
  if (hash.digest('hex') === wanted.oid) return true;
  await file.truncate(0);
  options.onBytes(-position);
  return false;
}

function corrupt({ name, damagedHint }: WantedFile): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `${name} did not arrive as it was pushed`, { hint: damagedHint });
}
