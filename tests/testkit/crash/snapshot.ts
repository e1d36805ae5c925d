import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CrashWorld } from './crash-world.ts';

const run = promisify(execFile);

/** Names and what they stand for: refs here and on the remote, and of the work tree and a clone beside it `HEAD`, index entries, files. */
export type Snapshot = ReadonlyMap<string, string>;

/** Runs the git program; what it prints. Throws when it fails. */
export async function git(world: CrashWorld, folder: string, ...args: string[]): Promise<string> {
  const env = world.ports.env as NodeJS.ProcessEnv;
  return (await run('git', args, { cwd: join(world.directory, folder), env })).stdout;
}

/** The state of a world as other programs see it. */
export async function snapshot(world: CrashWorld): Promise<Snapshot> {
  const found = new Map<string, string>();
  for (const folder of repositoriesOf(world))
    for (const [ref, history] of await histories(world, folder)) found.set(`${folder} ${ref}`, history);
  for (const folder of workTreesOf(world)) {
    const of = folder === 'work' ? '' : ` of ${folder}`;
    found.set(`HEAD${of}`, (await git(world, folder, 'symbolic-ref', 'HEAD')).trim());
    for (const line of lines(await git(world, folder, 'ls-files', '--stage'))) {
      const [version = '', path] = line.split('\t');
      found.set(`index${of} ${path}`, version);
    }
    for (const [path, digest] of await digestsOf(join(world.directory, folder)))
      found.set(`file${of} ${path}`, digest);
  }
  return found;
}

/** Folders of the world that hold repositories with a work tree. A clone is there once it has a `HEAD`. */
export function workTreesOf({ directory }: CrashWorld): readonly string[] {
  return existsSync(join(directory, 'clone/.git/HEAD')) ? ['work', 'clone'] : ['work'];
}

/** Folders of the world that hold repositories. */
export function repositoriesOf(world: CrashWorld): readonly string[] {
  return [...workTreesOf(world), 'remote.git'];
}

/** What is remembered of a remote is brought up to date by the next push or fetch that has something to move. */
export const isMemory = (name: string): boolean => /^(?:work|clone) refs\/mgit\/remotes\//.test(name);

/** Refs of merges that have not landed are mgit's own: a crash may leave one until the next merge. */
export const isCandidate = (name: string): boolean => name.endsWith(' refs/mgit/candidates/*');

/**
 * What each ref stands for, whenever its commits were made: trees, subjects and parents. mgit's own refs are unions: of
 * them only the last tree counts.
 */
async function histories(world: CrashWorld, folder: string): Promise<(readonly [string, string])[]> {
  const identities = new Map<string, { readonly tree: string; readonly history: string }>();
  for (const line of lines(
    await git(world, folder, 'log', '--all', '--topo-order', '--reverse', '--format=%H|%P|%T|%s'),
  )) {
    const [id = '', parents = '', tree = '', subject = ''] = line.split('|');
    const before = parents.split(' ').map(parent => identities.get(parent)?.history);
    identities.set(id, { tree, history: sha256(JSON.stringify([tree, subject, before])) });
  }
  return lines(await git(world, folder, 'for-each-ref', '--format=%(refname) %(objectname)')).map(line => {
    const [ref = '', id = ''] = line.split(' ');
    const named = identities.get(id);
    const isCandidateRef = ref.startsWith('refs/mgit/candidates/');
    if (isCandidateRef) return ['refs/mgit/candidates/*', named?.history ?? id] as const;
    return [ref, (ref.startsWith('refs/mgit/') ? named?.tree : named?.history) ?? id] as const;
  });
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}

async function digestsOf(root: string): Promise<(readonly [string, string])[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !path.startsWith('.git/'));
  return Promise.all(paths.map(async path => [path, sha256(await readFile(join(root, path)))] as const));
}
