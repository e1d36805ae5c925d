import { type ChildProcess, spawn } from 'node:child_process';
import { MgitError } from '../errors.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Conversation, ProcessPort, SpawnRequest, SpawnResult } from './process.ts';

/** Programs of the real system. */
export function nodeProcesses(): ProcessPort {
  return { run, converse };
}

async function run(request: SpawnRequest): Promise<SpawnResult> {
  const child = start(request);
  const stdout = collect(child.stdout, request.onStdout);
  const stderr = collect(child.stderr, request.onStderr);
  child.stdin?.on('error', () => {}); // A program may end without reading its input: its exit code tells.
  child.stdin?.end(request.stdin ?? '');
  return ended(child, request, { stdout, stderr });
}

function converse(request: SpawnRequest): Conversation {
  const child = start(request);
  const queue = new ByteQueue();
  child.stdout?.on('data', (chunk: Buffer) => queue.push(chunk));
  child.stdout?.on('end', () => queue.end());
  child.on('error', error => queue.fail(error));
  child.stdin?.on('error', error => queue.fail(error));
  const result = ended(child, request, { stdout: [], stderr: collect(child.stderr, request.onStderr) });
  result.catch(() => {}); // Reported by whoever reads or closes.
  return {
    write: data =>
      new Promise((resolve, reject) =>
        child.stdin?.write(data, error => (error ? reject(error) : resolve())),
      ),
    read: length => queue.read(length),
    readLine: () => queue.readLine(),
    close: () => {
      child.stdin?.end();
      return result;
    },
  };
}

function start(request: SpawnRequest): ChildProcess {
  const env = { ...process.env, ...request.env };
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return spawn(request.command, request.args, {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    env,
    stdio: request.stdio === 'inherit' ? 'inherit' : 'pipe',
    windowsHide: true,
  });
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
  const kill = (): void => {
    timedOut = true;
    child.kill('SIGKILL');
  };
  const timer = request.timeoutMs === undefined ? undefined : setTimeout(kill, request.timeoutMs);
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
  }).finally(() => clearTimeout(timer));
}
