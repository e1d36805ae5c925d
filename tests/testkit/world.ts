import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MgitEvent } from '../../src/base/events.ts';
import type { Clock } from '../../src/base/ports/clock.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { type CliContext, nodePorts } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/main.ts';

/** A temporary directory that is removed when the test ends (`await using`). */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes an empty temporary directory. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'mgit-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** A clock that starts at a fixed instant and moves one second at each look. */
export function fixedClock(start = Date.UTC(2026, 0, 1)): Clock {
  let time = start;
  return {
    now: () => {
      time += 1000;
      return time;
    },
    timezoneOffsetMinutes: () => 0,
    sleep: () => Promise.resolve(),
  };
}

/** The environment of a person with an empty home directory and a fixed identity. */
export function testEnvironment(home: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A Contributor',
    GIT_AUTHOR_EMAIL: 'contributor@example.org',
    GIT_COMMITTER_NAME: 'A Contributor',
    GIT_COMMITTER_EMAIL: 'contributor@example.org',
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

/** Real files and processes, with an own home directory and a fixed clock. */
export function testPorts(home: string, overrides: Partial<Ports> = {}): Ports {
  return {
    ...nodePorts(),
    clock: fixedClock(),
    env: testEnvironment(home),
    homeDirectory: home,
    ...overrides,
  };
}

/** Standard input that has ended, and output that nobody reads. */
export const NO_PIPE: CliContext['io']['pipe'] = {
  input: async function* () {},
  write: async () => {},
};

/** What a command line printed. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that went to stdout past the framework, such as a file's. */
  readonly written: string;
  readonly events: readonly MgitEvent[];
  /** The document on stdout. */
  json(): unknown;
}

/** Runs the command line in this process, as a user without a terminal in `cwd`. */
export async function runMgit(ports: Ports, cwd: string, ...argv: string[]): Promise<CliRun> {
  const out = { stdout: '', stderr: '', written: '' };
  const events: MgitEvent[] = [];
  const world: Partial<CliContext> = {
    ports,
    cwd,
    onEvent: event => events.push(event),
    io: {
      stdout: { write: text => (out.stdout += text), isTty: false, columns: 100 },
      stderr: { write: text => (out.stderr += text), isTty: false, columns: 100 },
      color: false,
      readStdin: async () => new Uint8Array(),
      pipe: {
        ...NO_PIPE,
        write: async bytes => {
          out.written += new TextDecoder().decode(bytes);
        },
      },
    },
  };
  const exitCode = await runCli(argv, world);
  return { exitCode, ...out, events, json: () => JSON.parse(out.stdout) };
}
