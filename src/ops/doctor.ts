import { join } from 'node:path';
import { isSystemError } from '../base/errors.ts';
import type { Ports } from '../base/ports/ports.ts';

/** One thing that mgit can use, and whether it is there. */
export interface Check {
  readonly name: string;
  readonly status: 'present' | 'absent';
  /** Version, names or path; why it is absent. */
  readonly detail: string;
  /** What it is needed for, where it is absent. */
  readonly neededFor?: string;
}

/** What a program's absence costs, by the program's name. */
const PROGRAMS: readonly {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly neededFor: string;
}[] = [
  {
    name: 'git',
    command: 'git',
    args: ['--version'],
    neededFor: 'ssh and path remotes, large histories; the embedded implementation serves the rest',
  },
  {
    name: 'git-lfs',
    command: 'git-lfs',
    args: ['version'],
    neededFor: 'nothing in mgit itself, which speaks LFS on its own',
  },
  {
    name: 'nvidia gpu',
    command: 'nvidia-smi',
    args: ['--query-gpu=name,memory.total', '--format=csv,noheader'],
    neededFor: 'gates and training commands on CUDA',
  },
  {
    name: 'python',
    command: 'python3',
    args: ['--version'],
    neededFor: 'training and gate commands that you write in Python',
  },
  { name: 'slurm', command: 'sbatch', args: ['--version'], neededFor: 'the slurm runner' },
];

/** Looks at what is available here; never fails because something is absent. */
export async function examine(ports: Ports): Promise<readonly Check[]> {
  const programs = await Promise.all(PROGRAMS.map(program => checkProgram(ports, program)));
  return [...programs, await checkProviders(), await checkKeys(ports)];
}

async function checkProgram(ports: Ports, program: (typeof PROGRAMS)[number]): Promise<Check> {
  const { name, command, args, neededFor } = program;
  try {
    const { code, stdout } = await ports.processes.run({ command, args, env: ports.env, timeoutMs: 10_000 });
    const detail = new TextDecoder().decode(stdout).trim().split('\n').join('; ');
    return code === 0
      ? { name, status: 'present', detail }
      : { name, status: 'absent', detail: `${command} ended with ${code}`, neededFor };
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES')) throw error;
    return { name, status: 'absent', detail: `no ${command} on the PATH`, neededFor };
  }
}

/** The execution providers that come with the installed ONNX Runtime; others it can name but not load. */
async function checkProviders(): Promise<Check> {
  const name = 'onnxruntime';
  try {
    const runtime = await import('onnxruntime-node');
    const backends = runtime
      .listSupportedBackends()
      .filter(backend => backend.bundled)
      .map(backend => backend.name);
    return {
      name,
      status: 'present',
      detail: `${runtime.env.versions.node ?? ''} providers: ${backends.join(', ')}`.trim(),
    };
  } catch (error) {
    return {
      name,
      status: 'absent',
      detail: String(error),
      neededFor: 'mgit train, mgit eval and embedded gates',
    };
  }
}

async function checkKeys(ports: Ports): Promise<Check> {
  const folder = join(ports.env.XDG_CONFIG_HOME ?? join(ports.homeDirectory, '.config'), 'mgit', 'keys');
  const name = 'signing keys';
  try {
    const entries = await ports.fs.readDirectory(folder);
    const keys = entries
      .filter(entry => entry.kind === 'file' && entry.name.endsWith('.pem'))
      .map(entry => entry.name.slice(0, -4));
    if (keys.length > 0) return { name, status: 'present', detail: keys.join(', ') };
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  return {
    name,
    status: 'absent',
    detail: `none in ${folder}`,
    neededFor: 'signing gate reports: mgit key generate',
  };
}
