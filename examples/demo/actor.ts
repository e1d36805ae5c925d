import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answered, typed } from './narrator.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/mgit.js', import.meta.url));

/** Puts `mgit` on a PATH of the demo's own, as installing the package would: plain git calls it as its filter. */
export function installProgram(directory: string): void {
  mkdirSync(directory, { recursive: true });
  symlinkSync(PROGRAM, join(directory, 'mgit'));
  process.env.PATH = [directory, dirname(process.execPath), process.env.PATH].join(delimiter);
}

/** Somebody at a terminal: an own home directory and a directory to work in. */
export interface Actor {
  readonly name: string;
  readonly home: string;
  /** Where commands run; `enter` moves it. */
  directory: string;
}

/** What a command printed and how it ended. */
export interface Answer {
  readonly exitCode: number;
  readonly text: string;
}

/** A person with an empty home directory below `root`. */
export function newActor(root: string, name: string): Actor {
  const home = join(root, name);
  mkdirSync(home, { recursive: true });
  return { name, home, directory: home };
}

/** `cd`, shown as typed. */
export function enter(actor: Actor, folder: string): void {
  typed(actor.name, `cd ${folder}`);
  actor.directory = join(actor.directory, folder);
}

/** Runs `mgit` as typed and shows the answer. Throws when it ends in another way than `expected`. */
export async function mgit(actor: Actor, args: readonly string[], expected = 0): Promise<Answer> {
  typed(actor.name, ['mgit', ...args.map(quoted)].join(' '));
  const answer = await run(actor, 'mgit', args);
  answered(answer.text);
  return checked(answer, ['mgit', ...args], expected);
}

/** Runs plain `git` as typed and shows the answer. */
export async function git(actor: Actor, args: readonly string[]): Promise<Answer> {
  typed(actor.name, ['git', ...args.map(quoted)].join(' '));
  const answer = await run(actor, 'git', args);
  answered(answer.text);
  return checked(answer, ['git', ...args], 0);
}

/** Asks `mgit` without showing it: for what the demo checks behind the scenes. */
export async function ask(actor: Actor, args: readonly string[]): Promise<string> {
  return checked(await run(actor, 'mgit', args), ['mgit', ...args], 0).text.trim();
}

/** Copies prepared files into the actor's directory, shown as typed. */
export function copyIn(actor: Actor, from: string, names: readonly string[]): void {
  typed(actor.name, `cp -r ${names.map(name => `examples/demo/repository/${name}`).join(' ')} .`);
  for (const name of names) cpSync(join(from, name), join(actor.directory, name), { recursive: true });
}

/** SHA-256 of a file in the actor's directory. */
export function sha256Of(actor: Actor, path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(actor.directory, path)))
    .digest('hex');
}

function checked(answer: Answer, commandLine: readonly string[], expected: number): Answer {
  if (answer.exitCode === expected) return answer;
  throw new Error(
    `${commandLine.join(' ')} ended with ${answer.exitCode}, expected ${expected}:\n${answer.text}`,
  );
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function run(actor: Actor, command: string, args: readonly string[]): Promise<Answer> {
  const env = {
    ...process.env,
    HOME: actor.home,
    XDG_CONFIG_HOME: join(actor.home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: actor.name,
    GIT_AUTHOR_EMAIL: `${actor.name}@example.org`,
    GIT_COMMITTER_NAME: actor.name,
    GIT_COMMITTER_EMAIL: `${actor.name}@example.org`,
    NO_COLOR: '1',
  };
  const child = spawn(command, args, { cwd: actor.directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ exitCode: code ?? 1, text: Buffer.concat(chunks).toString() }));
  });
}
