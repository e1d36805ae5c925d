import { createHash } from 'node:crypto';
import { join } from 'node:path';
import git from 'isomorphic-git';
import { MgitError } from '../../../../base/errors.ts';
import type { Ports } from '../../../../base/ports/ports.ts';
import { isomorphicFiles } from '../isomorphic-files.ts';

const TRAILER_BYTES = 20;

/** Verifies, indexes and stores a received pack; the index, which makes it visible, comes last. Errors: `PACK_CORRUPT`. */
export async function storePack(ports: Ports, objectsDirectory: string, bytes: Buffer): Promise<void> {
  const trailer = checkPack(bytes);
  if (bytes.readUInt32BE(8) === 0) return;
  const { fs } = ports;
  const folder = join(objectsDirectory, 'pack');
  const name = `pack-${trailer}`;
  await fs.makeDirectory(folder);
  const temporary = await fs.makeTemporaryDirectory(join(folder, 'tmp_pack_'));
  try {
    const file = await fs.open(join(temporary, `${name}.pack`), 'create', 0o444);
    await file.write(bytes, 0);
    await file.sync();
    await file.close();
    await indexPack(ports, { temporary, name, gitdir: join(objectsDirectory, '..') });
    await fs.rename(join(temporary, `${name}.pack`), join(folder, `${name}.pack`));
    await fs.syncDirectory(folder);
    await fs.rename(join(temporary, `${name}.idx`), join(folder, `${name}.idx`));
    await fs.syncDirectory(folder);
  } finally {
    await fs.removeDirectory(temporary, { recursive: true });
  }
}

function checkPack(bytes: Buffer): string {
  if (bytes.length < 12 + TRAILER_BYTES || bytes.toString('latin1', 0, 4) !== 'PACK')
    throw corrupt('it does not begin as a pack');
  const end = bytes.length - TRAILER_BYTES;
  const trailer = bytes.toString('hex', end);
  if (createHash('sha1').update(bytes.subarray(0, end)).digest('hex') !== trailer)
    throw corrupt('its checksum is wrong');
  return trailer;
}

async function indexPack(
  ports: Ports,
  place: { readonly temporary: string; readonly name: string; readonly gitdir: string },
): Promise<void> {
  const { temporary, name, gitdir } = place;
  try {
    await git.indexPack({
      fs: isomorphicFiles(ports.fs),
      dir: temporary,
      gitdir,
      filepath: `${name}.pack`,
      cache: {},
    });
  } catch (cause) {
    throw corrupt('an object in it cannot be read', cause);
  }
}

function corrupt(why: string, cause?: unknown): MgitError {
  return new MgitError('PACK_CORRUPT', `the pack that the remote sent is damaged: ${why}`, {
    hint: 'try again',
    ...(cause === undefined ? {} : { cause }),
  });
}
