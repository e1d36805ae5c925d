import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { ObjectId } from '../../../base/ids.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import { hashObject, type ObjectType, objectHeader } from './object-store.ts';

const compress = promisify(deflate);

/** Where and how loose objects are written. */
export interface LooseObjectsOptions {
  readonly ports: Ports;
  readonly objectsDirectory: string;
}

/** Writes an object as a loose file and makes it durable: temporary file, fsync, rename, fsync of the directory. */
export async function writeLooseObject(
  options: LooseObjectsOptions,
  type: ObjectType,
  bytes: Uint8Array,
): Promise<ObjectId> {
  const { fs } = options.ports;
  const id = hashObject(type, bytes);
  const directory = join(options.objectsDirectory, id.slice(0, 2));
  await makeDurableDirectory(fs, directory);
  const temporary = join(
    directory,
    `tmp_obj_${Buffer.from(options.ports.randomBytes(8)).toString('base64url')}`,
  );
  const content = await compress(Buffer.concat([objectHeader(type, bytes.length), bytes]), { level: 1 });
  const file = await fs.open(temporary, 'create', 0o444);
  try {
    await file.write(content, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(temporary, join(directory, id.slice(2)));
  await fs.syncDirectory(directory);
  return id;
}
