import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Ports } from '../../src/base/ports/ports.ts';
import { git } from './git.ts';
import { type CliRun, runMgit, temporaryDirectory, testPorts } from './world.ts';

/** A repository driven through the command line, as a person would, with plain git beside it. */
export interface Scene extends AsyncDisposable {
  readonly ports: Ports;
  /** The work tree. */
  readonly path: string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  read(file: string): Promise<Buffer>;
  /** Runs mgit and expects it to succeed; returns what it printed, without its last line feed. */
  mgit(...argv: string[]): Promise<string>;
  /** Runs mgit, whatever comes of it. */
  attempt(...argv: string[]): Promise<CliRun>;
  git(...args: string[]): Promise<string>;
}

/** Makes a repository on branch `main` whose Git finds this source's mgit as its filter and merge driver. */
export async function scene(history: 'auto' | 'embedded' | 'system' = 'auto'): Promise<Scene> {
  const home = await temporaryDirectory();
  const standard = testPorts(home.path);
  const bin = await programs(home.path);
  const env = { ...standard.env, PATH: `${bin}:${standard.env.PATH}`, MGIT_HISTORY: history };
  const ports = { ...standard, env };
  const path = join(home.path, 'work');
  await mkdir(path);
  const attempt = (...argv: string[]): Promise<CliRun> => runMgit(ports, path, ...argv);
  const mgit = async (...argv: string[]): Promise<string> => {
    const run = await attempt(...argv);
    if (run.exitCode !== 0) throw new Error(`mgit ${argv.join(' ')}: ${run.stderr}`);
    return run.stdout.replace(/\n$/, '');
  };
  await mgit('init');
  return {
    ports,
    path,
    attempt,
    mgit,
    write: async (file, content) => {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), content);
    },
    read: file => readFile(join(path, file)),
    git: (...args) => git(ports, path, ...args),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

/** A folder with a program `mgit` that runs this source. */
async function programs(home: string): Promise<string> {
  const bin = join(home, 'bin');
  await mkdir(bin);
  const entry = resolve('tests/testkit/mgit-program.ts');
  await writeFile(join(bin, 'mgit'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
  await chmod(join(bin, 'mgit'), 0o755);
  return bin;
}

/** What a person sees, without what differs from run to run: ids and times. */
export function withoutIds(text: string): string {
  return text
    .replace(/\b[0-9a-f]{40}\b/g, '<id>')
    .replace(/\b[0-9a-f]{7}\b/g, '<short id>')
    .replace(/\d\d:\d\d:\d\d/g, '<time>');
}
