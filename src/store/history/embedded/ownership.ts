import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { type ConfigEntry, configPath } from '../config-values.ts';

/**
 * Refuses a repository of another user, whose configuration could name programs to run, unless `safe.directory` trusts it.
 * Errors: `REPOSITORY_UNSAFE`. The home directory's owner stands for the user.
 */
export async function checkOwnership(
  ports: Ports,
  gitDirectory: string,
  config: readonly ConfigEntry[],
): Promise<void> {
  if (process.platform === 'win32') return; // Files have no such owner there.
  const [theirs, ours] = [(await ports.fs.stat(gitDirectory)).uid, await homeOwner(ports)];
  if (theirs === ours) return;
  const directory = gitDirectory.replace(/\/\.git$/, '');
  const trusted = config
    .filter(({ key }) => key === 'safe.directory')
    .map(({ value }) => configPath(value, ports.homeDirectory).replace(/\/+$/, ''));
  if (trusted.includes('*') || trusted.includes(directory)) return;
  throw new MgitError('REPOSITORY_UNSAFE', `${directory} belongs to another user`, {
    hint: `run \`git config --global --add safe.directory ${directory}\` if you trust its owner`,
  });
}

async function homeOwner({ fs, homeDirectory }: Ports): Promise<number | undefined> {
  try {
    return (await fs.stat(homeDirectory)).uid;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
