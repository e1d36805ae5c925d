import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { ProcessName } from '../../base/ports/process.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import type { KeeperPorts } from './pack-keeper.ts';

/** For so long a lock counts whose process cannot be asked after, or whose number another process has by now. Git holds its own `gc.pid` for as long. */
const STALE_MS = 12 * 3600 * 1000;

/**
 * Runs `work` while nobody else removes packs from a repository. `directory` is mgit's own, absolute. Errors: `STORE_LOCKED`.
 */
export async function withRetirementLock<Result>(
  ports: KeeperPorts,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = lockPath(directory);
  await makeDurableDirectory(ports.fs, directory);
  await take(ports, path);
  try {
    return await work();
  } finally {
    await ports.fs.removeFile(path);
  }
}

/** Whether a process that may be alive removes packs. */
export async function isRetirementLocked(ports: KeeperPorts, directory: string): Promise<boolean> {
  return (await holderOf(ports, lockPath(directory))) !== undefined;
}

function lockPath(directory: string): string {
  return join(directory, 'retire.lock');
}

/** A line of the lock file. */
interface Claim extends ProcessName {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly nonce: string;
}

/**
 * The lock belongs to the first claim in its file whose process may be alive. So what a crash left is taken over by appending, which the
 * system does for one process after the other: of several that try at once one wins, and nobody removes the lock of another.
 */
async function take(ports: KeeperPorts, path: string): Promise<void> {
  for (;;) {
    if (await holderOf(ports, path)) throw locked(path);
    const nonce = Buffer.from(ports.randomBytes(8)).toString('hex');
    await append(ports, path, { ...ports.processes.self(), time: ports.clock.now(), nonce });
    const holder = await holderOf(ports, path, nonce);
    if (holder?.nonce === nonce) return;
    if (holder) throw locked(path);
    // Who held the lock has removed its file just now, and this claim with it.
  }
}

async function append({ fs }: KeeperPorts, path: string, claim: Claim): Promise<void> {
  const { pid, machine, time, nonce } = claim;
  const file = await fs.open(path, 'append');
  try {
    await file.append(Buffer.from(`\n${pid} ${machine} ${time} ${nonce}\n`)); // After a line that a crash cut off, too.
  } finally {
    await file.close();
  }
}

/** The first claim that counts; `own` is the nonce of the one who asks. */
async function holderOf(
  { fs, clock, processes }: KeeperPorts,
  path: string,
  own?: string,
): Promise<Claim | undefined> {
  const oldest = clock.now() - STALE_MS;
  const claims = claimsIn(await readIfThere({ fs }, path));
  return claims.find(claim => claim.nonce === own || (claim.time > oldest && processes.mayRun(claim)));
}

function claimsIn(text: string): readonly Claim[] {
  return [...text.matchAll(/^(\d{1,10}) (\S+) (\d{1,15}) ([0-9a-f]{16})$/gm)].map(
    ([, pid, machine = '', time, nonce = '']) => ({ pid: Number(pid), machine, time: Number(time), nonce }),
  );
}

async function readIfThere({ fs }: Pick<KeeperPorts, 'fs'>, path: string): Promise<string> {
  try {
    return Buffer.from(await fs.readFile(path)).toString('latin1');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}

function locked(path: string): MgitError {
  return new MgitError('STORE_LOCKED', `another process removes packs right now (${path} exists)`, {
    hint: 'run the command again later; if no gc, repack, fsck or purge is running, remove that file',
  });
}
