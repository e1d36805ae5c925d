import { randomBytes } from 'node:crypto';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { OnEvent } from '../base/events.ts';
import { nodeClock } from '../base/ports/node-clock.ts';
import { nodeFileSystem } from '../base/ports/node-file-system.ts';
import { nodeProcesses } from '../base/ports/node-process.ts';
import type { Ports } from '../base/ports/ports.ts';
import type { CliIo } from './io.ts';

/** The global options. */
export interface Globals {
  readonly json: boolean;
  readonly jsonStream: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** What every command gets: the world, where it stands, and where its words go. */
export interface CliContext {
  readonly ports: Ports;
  readonly io: CliIo;
  /** Absolute. */
  readonly cwd: string;
  readonly globals: Globals;
  readonly onEvent: OnEvent;
  readonly signal: AbortSignal;
}

/** The real world: the only place of the command line that touches the process, the clock and randomness. */
export function nodePorts(): Ports {
  return {
    fs: nodeFileSystem(),
    clock: nodeClock(),
    processes: nodeProcesses(),
    fetch: globalThis.fetch,
    randomBytes: length => new Uint8Array(randomBytes(length)),
    env: process.env,
    homeDirectory: process.env.HOME ?? homedir(),
    temporaryDirectory: tmpdir(),
    parallelism: availableParallelism(),
  };
}

/** The terminal or the pipes that the process was given. */
export function nodeIo(color: boolean | undefined): CliIo {
  return {
    stdout: stream(process.stdout),
    stderr: { ...stream(process.stderr), ...(process.stderr.isTTY ? { terminal: process.stderr } : {}) },
    color: color ?? wantsColor(),
    readStdin: () => buffer(process.stdin),
    pipe: {
      input: () => process.stdin,
      write: bytes =>
        new Promise((resolve, reject) => {
          process.stdout.once('error', reject); // A closed pipe is told of here, too.
          process.stdout.write(bytes, error => {
            if (error) return reject(error);
            process.stdout.off('error', reject);
            resolve();
          });
        }),
    },
  };
}

/** The directory that `-C` asks for, from `cwd` or the process's own. */
export function startDirectory(cwd: string | undefined, option: string | undefined): string {
  return resolve(cwd ?? process.cwd(), option ?? '.');
}

function wantsColor(): boolean {
  if (process.env.NO_COLOR) return false;
  return Boolean(process.env.FORCE_COLOR) || Boolean(process.stdout.isTTY);
}

function stream(target: NodeJS.WriteStream): CliIo['stdout'] {
  return {
    write: text => void target.write(text),
    isTty: Boolean(target.isTTY),
    columns: target.columns ?? 100,
  };
}
