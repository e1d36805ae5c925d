import { isSystemError, MgitError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { configuredImplementation } from './embedded/configured-implementation.ts';
import type { History } from './history.ts';
import { openSystemHistory } from './system/system-history.ts';

export type HistoryImplementation = 'auto' | 'embedded' | 'system';

/** How to open a repository's history. */
export interface OpenHistoryOptions {
  readonly ports: Ports;
  /** Absolute; the repository is looked for here and above. */
  readonly directory: string;
  /** Default `auto`: see {@link chooseImplementation}. */
  readonly implementation?: HistoryImplementation;
  /** Receives what hooks print. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Opens the history of the repository that holds a directory.
 * Errors: `DIRECTORY_MISSING`, `NOT_A_REPOSITORY`, `REPOSITORY_UNSUPPORTED`, `REPOSITORY_UNSAFE`, `HISTORY_UNKNOWN`, `GIT_MISSING`.
 */
export async function openHistory(options: OpenHistoryOptions): Promise<History> {
  await requireDirectory(options);
  const wanted = await wantedImplementation(options);
  if (wanted === 'system') return openSystemHistory(options);
  if (wanted === 'auto') {
    const opening = openSystemHistory(options); // While git is asked for its version.
    opening.catch(() => {}); // Of no interest where git is not to be used.
    if (await hasUsableGit(options.ports)) return opening;
  }
  const { openEmbeddedHistory } = await import('./embedded/embedded-history.ts');
  return openEmbeddedHistory(options);
}

async function requireDirectory({ ports, directory }: OpenHistoryOptions): Promise<void> {
  try {
    if ((await ports.fs.stat(directory)).kind === 'directory') return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw new MgitError('DIRECTORY_MISSING', `there is no directory ${directory}`, { hint: 'check the path' });
}

/**
 * Which implementation is used: what the caller, `MGIT_HISTORY` or `mgit.history` says; `auto` is git where 2.30 or newer is
 * installed, else embedded. `docs/architecture.md` says why git comes first. Errors: `HISTORY_UNKNOWN`.
 */
export async function chooseImplementation(options: Choice): Promise<'embedded' | 'system'> {
  const wanted = await wantedImplementation(options);
  if (wanted !== 'auto') return wanted;
  return (await hasUsableGit(options.ports)) ? 'system' : 'embedded';
}

type Choice = Pick<OpenHistoryOptions, 'ports' | 'directory' | 'implementation'>;

async function wantedImplementation({
  ports,
  directory,
  implementation = 'auto',
}: Choice): Promise<HistoryImplementation> {
  if (implementation !== 'auto') return implementation;
  const wanted = ports.env.MGIT_HISTORY || (await configuredImplementation(ports, directory)) || 'auto';
  if (wanted === 'auto' || wanted === 'embedded' || wanted === 'system') return wanted;
  throw new MgitError('HISTORY_UNKNOWN', `MGIT_HISTORY or mgit.history is ${JSON.stringify(wanted)}`, {
    hint: 'set it to auto, embedded or system',
  });
}

/** `--end-of-options` of rev-parse and `--no-auto-maintenance` of fetch came by 2.30. */
async function hasUsableGit(ports: Ports): Promise<boolean> {
  try {
    const { stdout } = await ports.processes.run({ command: 'git', args: ['--version'], env: ports.env });
    const match = /git version (\d+)\.(\d+)/.exec(Buffer.from(stdout).toString('latin1'));
    return match !== null && Number(match[1]) * 1000 + Number(match[2]) >= 2030;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) return false;
    throw error;
  }
}
