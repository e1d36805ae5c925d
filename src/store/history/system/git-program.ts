import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import type { Conversation, SpawnRequest } from '../../../base/ports/process.ts';
import { gitSystemError } from './git-system-error.ts';

/** What a run of git printed. `code` is 128 or more, or null, for what git calls fatal. */
export interface GitResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run git once. */
export interface GitOptions {
  readonly stdin?: string;
  /** Exit codes besides 0 that are answers, not failures. */
  readonly allow?: readonly number[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly onStderr?: (text: string) => void;
}

/** The git program, in one repository. */
export interface GitProgram {
  /** Errors: `GIT_FAILED`, `GIT_MISSING`, and the system's. */
  run(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  converse(args: readonly string[]): Conversation;
}

/** Where git runs: with `gitDirectory` it looks for nothing; without, it finds the repository as it does for users. */
export interface GitPlace {
  readonly cwd: string;
  readonly gitDirectory?: string;
  readonly workTree?: string | undefined;
}

/** The git program in a place, speaking untranslated English and never asking at the terminal unless the environment allows it. */
export function gitProgram(ports: Ports, place: GitPlace): GitProgram {
  const global = [
    ...(place.gitDirectory === undefined ? [] : [`--git-dir=${place.gitDirectory}`]),
    ...(place.workTree === undefined ? [] : [`--work-tree=${place.workTree}`]),
  ];
  const request = (args: readonly string[], env?: GitOptions['env']): SpawnRequest => ({
    command: 'git',
    args: [...global, ...args],
    cwd: place.cwd,
    env: { ...ports.env, ...ENVIRONMENT, ...prompting(ports), ...env },
  });
  return {
    converse: args => ports.processes.converse(request(args)),
    run: async (args, options = {}) => {
      const result = await runGit(ports, request(args, options.env), options);
      if (result.code !== 0 && !(options.allow ?? []).includes(result.code ?? -1))
        throw gitFailed(args, result);
      return result;
    },
  };
}

/** The error for a run of git that failed in a way nobody foresaw: the system's, where the machine is to blame. */
export function gitFailed(args: readonly string[], result: GitResult): Error {
  const command = args.find(arg => !arg.startsWith('-') && !arg.includes('=')) ?? '';
  const said = firstComplaint(result.stderr);
  return (
    gitSystemError(command, result.stderr) ??
    new MgitError('GIT_FAILED', `git ${command} failed: ${said}`, {
      ...(/could ?n[o']t write|failed to write/.test(said) ? { hint: 'look whether the disk is full' } : {}),
      details: { exitCode: result.code, stderr: result.stderr },
    })
  );
}

/** The line of git's messages that says what went wrong. */
export function firstComplaint(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '');
  const found = lines.find(line => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? 'no message';
  return found.replace(/^(?:fatal|error): /, '');
}

/** Replace refs are off: an object is what its id says. */
const ENVIRONMENT = { LC_ALL: 'C', LANGUAGE: '', GIT_NO_REPLACE_OBJECTS: '1', GIT_OPTIONAL_LOCKS: '0' };

function prompting(ports: Ports): Record<string, string> {
  return { GIT_TERMINAL_PROMPT: ports.env.GIT_TERMINAL_PROMPT ?? '0' };
}

async function runGit(ports: Ports, request: SpawnRequest, options: GitOptions): Promise<GitResult> {
  const messages: Uint8Array[] = [];
  const onStderr = (chunk: Uint8Array): void => {
    messages.push(chunk);
    options.onStderr?.(Buffer.from(chunk).toString('utf8'));
  };
  try {
    const result = await ports.processes.run({
      ...request,
      onStderr,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const stdout = Buffer.from(result.stdout).toString('utf8');
    return { code: result.code, stdout, stderr: Buffer.concat(messages).toString('utf8') };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw gitMissing(error);
    throw error;
  }
}

function gitMissing(cause: unknown): MgitError {
  return new MgitError('GIT_MISSING', 'the git program was not found', {
    hint: 'install git 2.30 or newer, or set MGIT_HISTORY=embedded',
    cause,
  });
}
