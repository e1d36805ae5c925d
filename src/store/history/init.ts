import type { Ports } from '../../base/ports/ports.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import type { History } from './history.ts';
import { chooseImplementation, type HistoryImplementation, openHistory } from './open.ts';
import { checkRefName } from './ref-names.ts';
import { gitProgram } from './system/git-program.ts';

/** How to make a repository. */
export interface InitHistoryOptions {
  readonly ports: Ports;
  /** Absolute; created when missing. */
  readonly directory: string;
  readonly bare?: boolean;
  /** Default: `init.defaultBranch`, else `main`. */
  readonly initialBranch?: string;
  readonly implementation?: HistoryImplementation;
}

/** Makes a repository in a directory, or leaves an existing one as it is, and opens it. Errors: `REF_INVALID`, as {@link openHistory}. */
export async function initHistory(options: InitHistoryOptions): Promise<History> {
  const { directory } = options;
  if (options.initialBranch !== undefined) checkRefName(`refs/heads/${options.initialBranch}`);
  const ports = withoutRepositoryVariables(options.ports);
  await makeDurableDirectory(ports.fs, directory);
  const implementation = await chooseImplementation({ ...options, ports });
  if (implementation === 'system') await systemInit(ports, options);
  else await (await import('./embedded/embedded-init.ts')).embeddedInit(ports, options);
  return openHistory({ ports, directory, implementation });
}

async function systemInit(ports: Ports, options: InitHistoryOptions): Promise<void> {
  const git = gitProgram(ports, { cwd: options.directory });
  const configured = await git.run(['config', '--get', 'init.defaultBranch'], { allow: [1] });
  const branch = options.initialBranch ?? (configured.stdout.trim() || 'main');
  await git.run(['init', '--quiet', `--initial-branch=${branch}`, ...(options.bare ? ['--bare'] : [])]);
}

/** A repository that the environment names must not decide where a new one is made. */
function withoutRepositoryVariables(ports: Ports): Ports {
  const names = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY'];
  return { ...ports, env: { ...ports.env, ...Object.fromEntries(names.map(name => [name, undefined])) } };
}
