import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { isSystemError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import { orRemove } from '../../unfinished/or-remove.ts';
import { hashObject, type ObjectType, objectHeader } from './object-store.ts';

const compress = promisify(deflate);

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
  const content = await compress(Buffer.concat([objectHeader(type, bytes.length), bytes]), { level: 1 });
  for (let attempt = 1; ; attempt++) {
    try {
      await writeOnce(options, id, content);
      return id;
    } catch (error) {
      if (attempt === ATTEMPTS || !isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

async function writeOnce(
  { ports, objectsDirectory }: LooseObjectsOptions,
  id: ObjectId,
  content: Uint8Array,
): Promise<void> {
  const { fs } = ports;
  const directory = join(objectsDirectory, id.slice(0, 2));
  await makeDurableDirectory(fs, directory);
  const unique = Buffer.from(ports.randomBytes(8)).toString('base64url');
  const temporary = join(directory, `tmp_obj_${unique}`);
  await orRemove(fs, temporary, async () => {
    const file = await fs.open(temporary, 'create', 0o444);
    try {
      await file.write(content, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, join(directory, id.slice(2)));
  });
  await fs.syncDirectory(directory);
}
