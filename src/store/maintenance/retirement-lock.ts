import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import type { KeeperPorts } from './pack-keeper.ts';

/** A lock older than this was left by a crash. Git holds its own `gc.pid` for as long. */
const STALE_MS = 12 * 3600 * 1000;

/**
 * Runs `work` while nobody else removes packs from a repository. `directory` is mgit's own, absolute. Errors: `STORE_LOCKED`.
 */
export async function withRetirementLock<Result>(
  { fs, clock }: KeeperPorts,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(directory, 'retire.lock');
  await makeDurableDirectory(fs, directory);
  await take({ fs, clock }, path);
  try {
    return await work();
  } finally {
    await fs.removeFile(path);
  }
}

async function take({ fs, clock }: KeeperPorts, path: string): Promise<void> {
  try {
    await (await fs.open(path, 'create')).close();
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    const age = await ageOf({ fs, clock }, path);
    if (age !== undefined && age < STALE_MS) throw locked(path);
    if (age !== undefined) await fs.removeFile(path);
    await (await fs.open(path, 'create')).close();
  }
}

async function ageOf({ fs, clock }: KeeperPorts, path: string): Promise<number | undefined> {
  try {
    return clock.now() - Number((await fs.stat(path)).mtimeNs / 1_000_000n);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function locked(path: string): MgitError {
  return new MgitError('STORE_LOCKED', `another process removes packs right now (${path} exists)`, {
    hint: 'run the command again later; if no gc, repack, fsck or purge is running, remove that file',
  });
}
