import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CrashWorld } from './crash-world.ts';

const run = promisify(execFile);

/** Names and what they stand for: `HEAD`, refs here and on the remote, index entries, files of the work tree. */
export type Snapshot = ReadonlyMap<string, string>;

/** Runs the git program; what it prints. Throws when it fails. */
export async function git(world: CrashWorld, folder: string, ...args: string[]): Promise<string> {
  const env = world.ports.env as NodeJS.ProcessEnv;
  return (await run('git', args, { cwd: join(world.directory, folder), env })).stdout;
}

/** mgit's own refs are unions: what counts is their tree, not who made the commit when. */
const REF_FORMAT = '%(refname) %(objectname) %(tree)';

/** The state of a world as other programs see it. */
export async function snapshot(world: CrashWorld): Promise<Snapshot> {
  const found = new Map<string, string>();
  found.set('HEAD', (await git(world, 'work', 'rev-parse', '--symbolic-full-name', 'HEAD')).trim());
  for (const folder of ['work', 'remote.git'])
    for (const line of lines(await git(world, folder, 'for-each-ref', `--format=${REF_FORMAT}`))) {
      const [ref = '', commit = '', tree = ''] = line.split(' ');
      found.set(`${folder} ${ref}`, ref.startsWith('refs/mgit/') ? tree : commit);
    }
  for (const line of lines(await git(world, 'work', 'ls-files', '--stage'))) {
    const [version = '', path] = line.split('\t');
    found.set(`index ${path}`, version);
  }
  for (const [path, digest] of await digestsOf(world.path)) found.set(`file ${path}`, digest);
  return found;
}

/** Refs of merges that have not landed are mgit's own: a crash may leave one. */
export const isCandidate = (name: string): boolean => name.includes(' refs/mgit/candidates/');

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}

async function digestsOf(root: string): Promise<(readonly [string, string])[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !path.startsWith('.git/'));
  return Promise.all(
    paths.map(
      async path =>
        [
          path,
          createHash('sha256')
            .update(await readFile(join(root, path)))
            .digest('hex'),
        ] as const,
    ),
  );
}
