import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import type { Clock } from '../../base/ports/clock.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { ProcessPort } from '../../base/ports/process.ts';
import { readCondemned } from './condemned.ts';
import { isRetirementLocked } from './retirement-lock.ts';

/** Tells gc that packs are relied on by work that no ref, index or reflog names yet. Make one per operation. */
export interface PackKeeper {
  /**
   * Whether a pack is there and will be for the grace period. False for one that is being removed, or that this user may not mark:
   * then its data must be stored again.
   */
  keep(id: PackId): Promise<boolean>;
  /** Whether {@link keep} has said no. */
  isLost(id: PackId): boolean;
}

/** What a keeper needs of the world. */
export interface KeeperPorts {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly processes: Pick<ProcessPort, 'self' | 'mayRun'>;
  readonly randomBytes: (length: number) => Uint8Array;
}

/**
 * A keeper of the packs under `directory` (absolute: `<common git dir>/mgit`). It marks a pack by its time, then looks whether it is
 * condemned, then whether it is still there. Whoever removes packs condemns them first, and looks at their times afterwards
 * (`retire-packs.ts`): one of the two sees the other (`docs/architecture.md`, "Removing packs").
 */
export function packKeeper(ports: KeeperPorts, directory: string): PackKeeper {
  const { fs } = ports;
  const asked = new Map<PackId, Promise<boolean>>();
  const lost = new Set<PackId>();
  const keep = async (id: PackId): Promise<boolean> => {
    const path = join(directory, 'packs', `${id}.pack`);
    const isKept =
      (await freshen(ports, path)) && !(await isCondemned(ports, directory, id)) && (await isThere(fs, path));
    if (!isKept) lost.add(id);
    return isKept;
  };
  return {
    keep: id => {
      const answer = asked.get(id) ?? keep(id);
      asked.set(id, answer);
      return answer;
    },
    isLost: id => lost.has(id),
  };
}

/** What a crash has left condemned is removed by nobody: only the word of whoever holds the lock counts. It is read first. */
async function isCondemned(ports: KeeperPorts, directory: string, id: PackId): Promise<boolean> {
  return (await readCondemned(ports.fs, directory)).has(id) && isRetirementLocked(ports, directory);
}

/** Gives a file a later time than it had, even where the clock is behind. */
async function freshen({ fs, clock }: Pick<KeeperPorts, 'fs' | 'clock'>, path: string): Promise<boolean> {
  try {
    const before = Number((await fs.stat(path)).mtimeNs / 1_000_000n);
    await fs.setModified(path, Math.max(clock.now(), before + 1));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EPERM', 'EACCES', 'EROFS')) return false;
    throw error;
  }
}

async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
