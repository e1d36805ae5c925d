import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isSystemError, MgitError } from '../errors.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Conversation, ProcessName, ProcessPort, SpawnRequest, SpawnResult } from './process.ts';

/** Programs of the real system. */
export function nodeProcesses(): ProcessPort {
  return { run, converse, self: () => ({ pid: process.pid, machine: machineName() }), mayRun };
}

/** The host, and on Linux the namespace of its process ids: containers may go by one host name. */
function machineName(): string {
  return encodeURIComponent(`${hostname()}/${pidNamespace()}`);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return ''; // There is none, or it is not shown.
    throw error;
  }
}

function mayRun({ pid, machine }: ProcessName): boolean {
  if (machine !== machineName()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH'); // Of somebody else's process it says EPERM.
  }
}

async function run(request: SpawnRequest): Promise<SpawnResult> {
  const child = start(request);
  const stdout = collect(child.stdout, request.onStdout);
  const stderr = collect(child.stderr, request.onStderr);
  child.stdin?.on('error', () => {}); // A program may end without reading its input: its exit code tells.
  child.stdin?.end(request.stdin ?? '');
  return ended(child, request, { stdout, stderr });
}

/** More than this is left in the pipe until somebody reads. */
const HELD_BYTES = 4 << 20;

function converse(request: SpawnRequest): Conversation {
  const child = start(request);
  const queue = new ByteQueue(() => child.stdout?.resume());
  child.stdout?.on('data', (chunk: Buffer) => {
    queue.push(chunk);
    if (queue.length > HELD_BYTES) child.stdout?.pause();
  });
  child.stdout?.on('end', () => queue.end());
  child.on('error', error => queue.fail(error));
  child.stdin?.on('error', error => queue.fail(error));
  const result = ended(child, request, { stdout: [], stderr: collect(child.stderr, request.onStderr) });
  result.catch(() => {}); // Reported by whoever reads or closes.
  return {
    write: data =>
      new Promise((resolve, reject) => {
        gather(child.stdin);
        child.stdin?.write(data, error => (error ? reject(error) : resolve()));
      }),
    read: length => queue.read(length),
    readLine: () => queue.readLine(),
    close: () => {
      child.stdin?.end();
      child.stdout?.removeAllListeners('data').resume(); // What nobody reads any more must not keep it from ending.
      return result;
    },
  };
}

/** Many small requests at once go out in one write. */
function gather(stdin: ChildProcess['stdin']): void {
  if (!stdin || stdin.writableCorked > 0) return;
  stdin.cork();
  setImmediate(() => stdin.uncork());
}

function start(request: SpawnRequest): ChildProcess {
  const env = { ...process.env, ...request.env };
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return spawn(request.command, request.args, {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    env,
    stdio: request.stdio === 'inherit' ? 'inherit' : 'pipe',
    detached: leadsGroup(request),
    windowsHide: true,
  });
}

/**
 * Programs with a time limit lead a process group of their own, so that those they start end with them. Others do not: they may need the
 * terminal, which only the foreground group reads. Windows has no such groups.
 */
function leadsGroup({ timeoutMs }: SpawnRequest): boolean {
  return timeoutMs !== undefined && process.platform !== 'win32';
}

function collect(stream: NodeJS.ReadableStream | null, onChunk?: (chunk: Uint8Array) => void): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  stream?.on('data', (chunk: Buffer) => (onChunk ? onChunk(chunk) : chunks.push(chunk)));
  return chunks;
}

interface Output {
  readonly stdout: readonly Uint8Array[];
  readonly stderr: readonly Uint8Array[];
}

function ended(child: ChildProcess, request: SpawnRequest, output: Output): Promise<SpawnResult> {
  let timedOut = false;
  const end = (): void => endWithGroup(child, request);
  const timer = setTimer(request.timeoutMs, () => {
    timedOut = true;
    end();
  });
  if (leadsGroup(request)) {
    request.signal?.addEventListener('abort', end);
    process.on('exit', end);
    child.on('exit', end); // What is left of the group would keep the pipes open.
  }
  return new Promise<SpawnResult>((resolve, reject) => {
    child.on('error', error =>
      reject(error.name === 'AbortError' ? new MgitError('INTERRUPTED', 'interrupted') : error),
    );
    child.on('close', (code, signalName) =>
      resolve({
        code,
        signalName,
        timedOut,
        stdout: Buffer.concat(output.stdout),
        stderr: Buffer.concat(output.stderr),
      }),
    );
  }).finally(() => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', end);
    process.off('exit', end);
  });
}

function setTimer(milliseconds: number | undefined, act: () => void): NodeJS.Timeout | undefined {
  return milliseconds === undefined ? undefined : setTimeout(act, milliseconds);
}

function endWithGroup(child: ChildProcess, request: SpawnRequest): void {
  if (child.pid === undefined) return;
  if (!leadsGroup(request)) return void child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH', 'EPERM')) throw error; // Nobody is left; macOS says EPERM of those that are ending.
  }
}
