import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createDeflate } from 'node:zlib';
import { isSystemError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { OpenFile } from '../../../base/ports/file-system.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import { orRemove } from '../../unfinished/or-remove.ts';
import { hashObject, type ObjectType, objectHeader } from './object-store.ts';

/** Bytes that are compressed at a time: a long object and its compressed form are never held together. */
const SLICE_BYTES = 1024 * 1024;

/** Where and how loose objects are written. */
export interface LooseObjectsOptions {
  readonly ports: Ports;
  readonly objectsDirectory: string;
}

/** Git's own gc removes folders that are empty at that moment, and with `--prune=now` unfinished files, too. */
const ATTEMPTS = 10;

/** Writes an object as a loose file and makes it durable: temporary file, fsync, rename, fsync of the directory. */
export async function writeLooseObject(
  options: LooseObjectsOptions,
  type: ObjectType,
  bytes: Uint8Array,
): Promise<ObjectId> {
  const id = hashObject(type, bytes);
  for (let attempt = 1; ; attempt++) {
    try {
      await writeOnce(options, id, sliced(type, bytes));
      return id;
    } catch (error) {
      if (attempt === ATTEMPTS || !isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

async function writeOnce(
  { ports, objectsDirectory }: LooseObjectsOptions,
  id: ObjectId,
  content: Iterable<Uint8Array>,
): Promise<void> {
  const { fs } = ports;
  const directory = join(objectsDirectory, id.slice(0, 2));
  await makeDurableDirectory(fs, directory);
  const unique = Buffer.from(ports.randomBytes(8)).toString('base64url');
  const temporary = join(directory, `tmp_obj_${unique}`);
  await orRemove(fs, temporary, async () => {
    const file = await fs.open(temporary, 'create', 0o444);
    try {
      await writeCompressed(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, join(directory, id.slice(2)));
  });
  await fs.syncDirectory(directory);
}

function* sliced(type: ObjectType, bytes: Uint8Array): Generator<Uint8Array> {
  yield objectHeader(type, bytes.length);
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

async function writeCompressed(file: OpenFile, content: Iterable<Uint8Array>): Promise<void> {
  const compressed = Readable.from(content).pipe(createDeflate({ level: 1, chunkSize: SLICE_BYTES }));
  let at = 0;
  for await (const chunk of compressed) {
    await file.write(chunk, at);
    at += chunk.length;
  }
}
