import { resolve } from 'node:path';
import { MgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import type { History } from '../history.ts';
import { runRepositoryHook } from '../hooks.ts';
import { configuredIdentity } from '../identity.ts';
import { notARepository } from '../not-a-repository.ts';
import { objectHistory } from '../objects/object-history.ts';
import { firstComplaint, type GitProgram, gitProgram } from './git-program.ts';
import { listConfig, systemConfig } from './system-config.ts';
import { systemObjects } from './system-objects.ts';
import { systemRefs } from './system-refs.ts';
import { systemRevisions } from './system-revisions.ts';
import { systemTransfer } from './system-transfer.ts';

/** Opens the repository that git finds from a directory. Errors: `NOT_A_REPOSITORY`, `REPOSITORY_UNSUPPORTED`, `REPOSITORY_UNSAFE`. */
export async function openSystemHistory(options: {
  readonly ports: Ports;
  readonly directory: string;
  readonly onOutput?: ((text: string) => void) | undefined;
}): Promise<History> {
  const { ports } = options;
  const cwd = await ports.fs.realPath(options.directory); // Git's relative answers are relative to it.
  const anywhere = gitProgram(ports, { cwd });
  const entries = listConfig(anywhere); // Most commands need it, and a program more at the same time takes none of theirs.
  entries.catch(() => {}); // Seen by whoever asks for a value.
  const place = await findRepository(anywhere, { cwd, directory: options.directory });
  const { gitDirectory, commonDirectory, workTree } = place;
  const git = gitProgram(ports, { cwd: workTree ?? gitDirectory, gitDirectory, workTree });
  const objectsDirectory = ports.env.GIT_OBJECT_DIRECTORY
    ? resolve(options.directory, ports.env.GIT_OBJECT_DIRECTORY)
    : resolve(commonDirectory, 'objects');
  const store = systemObjects(git, { ports, objectsDirectory });
  const config = systemConfig(git, entries);
  const revisions = systemRevisions(git, store, config.config);
  const identity: History['identity'] = role => configuredIdentity(ports, config.config, role);
  const where = { gitDirectory, commonDirectory, workTree };
  const hooks = { ...where, ports, config: config.config, onOutput: options.onOutput };
  return {
    implementation: 'system',
    ...where,
    ...objectHistory({ ports, store, config: config.config, identity }),
    ...revisions,
    ...systemRefs({ ports, git, gitDirectory, commonDirectory, config: config.config }),
    ...config,
    identity,
    runHook: (name, args, stdin) => runRepositoryHook(hooks, name, args, stdin),
    ...systemTransfer(git, revisions.isAncestor),
    close: () => store.close(),
  };
}

interface Place {
  readonly gitDirectory: string;
  readonly commonDirectory: string;
  readonly workTree: string | undefined;
}

/** Without `--git-dir`, so that git's own rules hold: ceilings, `GIT_DIR`, whose directories may be trusted. */
async function findRepository(
  git: GitProgram,
  { cwd, directory }: { readonly cwd: string; readonly directory: string },
): Promise<Place> {
  const args = ['--absolute-git-dir', '--git-common-dir', '--show-object-format', '--is-bare-repository'];
  const found = await git.run(['rev-parse', ...args, '--show-toplevel'], { allow: [128] });
  const [gitDirectory, common, algorithm, bare, workTree] = found.stdout.split('\n');
  if (!gitDirectory || !common || !algorithm || !bare) throw openError(directory, found.stderr);
  if (algorithm !== 'sha1') throw unsupported(`its object format is ${algorithm}`);
  return {
    gitDirectory,
    commonDirectory: resolve(cwd, common),
    workTree: bare === 'true' || !workTree ? undefined : resolve(workTree),
  };
}

function openError(directory: string, stderr: string): MgitError {
  if (/not a git repository/i.test(stderr)) return notARepository(directory);
  const said = firstComplaint(stderr);
  if (/dubious ownership/.test(stderr))
    return new MgitError('REPOSITORY_UNSAFE', said, {
      hint: `run \`git config --global --add safe.directory ${directory}\` if you trust its owner`,
    });
  return unsupported(said);
}

function unsupported(why: string): MgitError {
  return new MgitError('REPOSITORY_UNSUPPORTED', `the repository cannot be opened: ${why}`, {
    hint: 'use a repository of the common format (SHA-1, files), or install a newer git',
  });
}
