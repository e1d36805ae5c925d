import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitId } from '../../../src/base/ids.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import type { History } from '../../../src/store/history/history.ts';
import { initHistory } from '../../../src/store/history/init.ts';
import { openHistory } from '../../../src/store/history/open.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

export type Implementation = 'embedded' | 'system';

/** A real repository in a temporary directory, a History on it, and the git program to check it with. */
export interface TestRepository extends AsyncDisposable {
  readonly ports: Ports;
  readonly home: string;
  readonly path: string;
  readonly history: History;
  /** The same repository by the other implementation. */
  readonly other: History;
  git(...args: string[]): string;
  /** A commit of files with the given texts, on the given parents. */
  commit(message: string, parents?: readonly CommitId[], files?: Record<string, string>): Promise<CommitId>;
}

/** Makes a repository with the implementation under test. */
export async function testRepository(
  implementation: Implementation,
  options: { readonly bare?: boolean; readonly gnupg?: boolean } = {},
): Promise<TestRepository> {
  const root = await temporaryDirectory();
  const home = join(root.path, 'home');
  const path = join(root.path, 'repo');
  mkdirSync(home);
  const ports = withKeyring(testPorts(home), options.gnupg ?? false);
  const bare = options.bare ?? false;
  const history = await initHistory({ ports, directory: path, implementation, initialBranch: 'main', bare });
  const another = implementation === 'system' ? 'embedded' : 'system';
  const other = await openHistory({ ports, directory: path, implementation: another });
  return {
    ports,
    home,
    path,
    history,
    other,
    git: (...args) => runGit(ports, path, args),
    commit: async (message, parents = [], files = { 'a.txt': message }) => {
      const tree = await history.writeTree(await writeFiles(history, files));
      return history.writeCommit({ tree, parents, message: `${message}\n` });
    },
    [Symbol.asyncDispose]: async () => {
      await history.close();
      await other.close();
      await root[Symbol.asyncDispose]();
    },
  };
}

/** An own, private keyring, in a path short enough for the agent's socket. */
function withKeyring(ports: Ports, wanted: boolean): Ports {
  if (!wanted) return ports;
  const keyring = join(ports.homeDirectory, 'g');
  mkdirSync(keyring, { mode: 0o700 });
  return { ...ports, env: { ...ports.env, GNUPGHOME: keyring } };
}

/** Blobs for the given texts, as entries of a tree. */
export async function writeFiles(
  history: History,
  files: Record<string, string>,
): Promise<{ path: string; mode: number; id: Awaited<ReturnType<History['writeBlob']>> }[]> {
  const written = Object.entries(files).map(async ([path, text]) => ({
    path,
    mode: 0o100644,
    id: await history.writeBlob(Buffer.from(text)),
  }));
  return Promise.all(written);
}

/** What git printed, without the last line feed; throws when git fails. */
export function runGit(ports: Ports, cwd: string, args: readonly string[]): string {
  const env = { ...ports.env } as NodeJS.ProcessEnv;
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe' }).replace(/\n$/, '');
}

/** Everything an iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
