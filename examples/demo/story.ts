import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GitServer, gitServer } from '../../tests/testkit/git-server.ts';
import { type Actor, ask, copyIn, enter, git, mgit, sha256Of } from './actor.ts';
import { answered, chapter, proved, typed } from './narrator.ts';

const FILES = fileURLToPath(new URL('./repository', import.meta.url));
const MERGE_PACKS_LIMIT = 64 * 1024;

/** A real `git http-backend` with a Git LFS endpoint, on loopback. */
export async function startServer(directory: string): Promise<GitServer> {
  return gitServer(directory);
}

const REPOSITORY = 'digits';
const urlOf = (server: GitServer): string => `${server.origin}/${REPOSITORY}.git`;

export async function commitBase(maintainer: Actor): Promise<void> {
  chapter(
    'A base model',
    'The maintainer makes a repository: a real Git repository, where models are stored tensor by tensor.',
  );
  await mgit(maintainer, ['init', 'digits']);
  enter(maintainer, 'digits');
  copyIn(maintainer, FILES, ['README.md', 'LICENSE', 'config.json', 'recipes']);
  await mgit(maintainer, ['track', '*.safetensors']);
  await mgit(maintainer, ['add', '.']);
  await mgit(maintainer, ['commit', '-m', 'Describe the model and how to train it']);
  await mgit(maintainer, ['train', 'recipes/base.yaml']);
  await mgit(maintainer, ['log', '--graph', '--oneline']);
  await git(maintainer, ['status', '--short', '--branch']);
  await git(maintainer, ['show', '--no-patch', '--format=%(trailers)', 'HEAD']);
  proved('plain Git agrees: the tree is clean, and the commit names its run record');
}

export async function protectMain(maintainer: Actor): Promise<void> {
  chapter(
    'A gate',
    'From here on nothing reaches main unless it passed the gate: same data, same seeds, same care for base, parents and candidate.',
  );
  copyIn(maintainer, FILES, ['mgit.yaml']);
  await pinData(maintainer);
  await mgit(maintainer, ['key', 'generate', 'maintainer']);
  await mgit(maintainer, ['key', 'trust', 'maintainer']);
  await mgit(maintainer, ['add', 'mgit.yaml', 'keys']);
  await mgit(maintainer, ['commit', '-m', 'Protect main with a gate on all ten digits']);
  await mgit(maintainer, ['tag', 'v1.0.0']);
}

/** Writes the digests of the data into the policy, as the data is too large to live in the tree. */
async function pinData(maintainer: Actor): Promise<void> {
  const path = join(maintainer.directory, 'mgit.yaml');
  for (const split of ['train', 'test']) {
    const { text } = await mgit(maintainer, ['data', 'digest', '../../data', '--split', split]);
    writeFileSync(path, readFileSync(path, 'utf8').replace(`@${split.toUpperCase()}_DIGEST@`, text.trim()));
  }
  typed(maintainer.name, 'cat mgit.yaml');
  answered(readFileSync(path, 'utf8'));
}

export async function share(maintainer: Actor, server: GitServer): Promise<void> {
  chapter(
    'A server',
    'Any Git host with LFS will do; here it is git http-backend on this machine. Commits go to Git, packs of tensors to LFS.',
  );
  await mgit(maintainer, ['remote', 'add', 'origin', await server.createRepository(REPOSITORY)]);
  await mgit(maintainer, ['push', '-u', 'origin', 'main', 'v1.0.0']);
}

export async function contribute(contributor: Actor, server: GitServer, branch: string): Promise<void> {
  const digits = branch === 'low-digits' ? '0 to 4' : '5 to 9';
  chapter(
    `A contributor who has only the digits ${digits}`,
    'She clones, branches, fine-tunes on what she has, and pushes. No Python, no GPU.',
  );
  await mgit(contributor, ['clone', urlOf(server), 'digits']);
  enter(contributor, 'digits');
  await mgit(contributor, ['switch', '-c', branch]);
  await mgit(contributor, ['train', `recipes/${branch}.yaml`]);
  await mgit(contributor, ['diff', 'HEAD~1', 'HEAD', '--', 'model.safetensors']);
  await mgit(contributor, ['push', '-u', 'origin', branch]);
}

/** Returns the commit that landed. */
export async function mergeBehindGate(maintainer: Actor): Promise<string> {
  chapter(
    'The merge, behind the gate',
    'Each contributor saw half of the digits. The candidate averages both, and is measured before it may land.',
  );
  await mgit(maintainer, ['fetch', 'origin']);
  await mgit(maintainer, [
    'merge',
    'origin/low-digits',
    'origin/high-digits',
    '-m',
    'Merge what both contributors learned',
  ]);
  await mgit(maintainer, ['log', '--graph', '--oneline']);
  await mgit(maintainer, ['gate', 'verify', 'HEAD', '--onto', 'main']);
  proved(
    'as it is, without any extra training, the candidate beats base and both parents over all ten digits, with 95 % confidence',
  );
  proved(
    'after the same short fine-tune, with the same seeds, it is not worse than the base, within 0.01 and with 95 % confidence',
  );
  return head(maintainer, 'main');
}

export async function pushMerge(maintainer: Actor, server: GitServer): Promise<void> {
  chapter(
    'Pushing a merge costs almost nothing',
    'The merged tensors are a recipe: anyone can recompute them, bit for bit, from the parents.',
  );
  const before = storedBytes(server);
  await mgit(maintainer, ['push', 'origin', 'main']);
  const moved = storedBytes(server) - before;
  if (moved >= MERGE_PACKS_LIMIT) throw new Error(`pushing the merge moved ${moved} bytes of packs`);
  proved(`${moved} bytes of packs went to the server for a merged model of ${sizeOf(maintainer)} bytes`);
}

export interface SabotageScene {
  readonly server: GitServer;
  readonly landed: string;
}

export async function refuseSabotage(
  saboteur: Actor,
  maintainer: Actor,
  scene: SabotageScene,
): Promise<void> {
  chapter(
    'A harmful contribution',
    'Somebody trains on wrongly labelled digits and asks to be merged. It looks like any other branch.',
  );
  await mgit(saboteur, ['clone', urlOf(scene.server), 'digits']);
  enter(saboteur, 'digits');
  await mgit(saboteur, ['switch', '-c', 'improve-digits']);
  await mgit(saboteur, [
    'train',
    'recipes/low-digits.yaml',
    '--set',
    'data.path=../../poisoned',
    '--set',
    'optimizer.learning_rate=0.05',
  ]);
  await mgit(saboteur, ['push', '-u', 'origin', 'improve-digits']);
  await mgit(maintainer, ['fetch', 'origin']);
  await mgit(maintainer, ['merge', 'origin/improve-digits'], 3);
  if ((await head(maintainer, 'main')) !== scene.landed) throw new Error('main has moved');
  const { text } = await git(maintainer, ['ls-remote', 'origin', 'refs/heads/main']);
  if (!text.startsWith(scene.landed)) throw new Error('main has moved on the server');
  proved('exit code 3, and main has not moved, neither here nor on the server');
}

export async function verifyElsewhere(stranger: Actor, maintainer: Actor, server: GitServer): Promise<void> {
  chapter(
    'Somewhere else',
    'A stranger clones, recomputes the merge, and checks the signed report without asking anybody.',
  );
  await mgit(stranger, ['clone', urlOf(server), 'digits']);
  enter(stranger, 'digits');
  const [theirs, ours] = [sha256Of(stranger, 'model.safetensors'), sha256Of(maintainer, 'model.safetensors')];
  if (theirs !== ours) throw new Error(`the clone differs: ${theirs} is not ${ours}`);
  proved(`model.safetensors is the same byte for byte: SHA-256 ${theirs}`);
  await mgit(stranger, ['gate', 'verify', 'HEAD', '--onto', 'main']);
  await git(stranger, ['fsck', '--strict']);
  proved('the report is signed by a key that main trusted before the merge');
}

export async function publish(maintainer: Actor): Promise<void> {
  chapter(
    'Publishing',
    'Weights, config and a model card with lineage, merge and gate results; hf://org/name takes the same.',
  );
  await mgit(maintainer, ['publish', 'main', '../published']);
  console.log(
    readFileSync(join(maintainer.directory, '../published/README.md'), 'utf8').replace(/^/gm, '    '),
  );
}

async function head(actor: Actor, branch: string): Promise<string> {
  return JSON.parse(await ask(actor, ['show', branch, '--json'])).commit.id as string;
}

function sizeOf(actor: Actor): number {
  return readFileSync(join(actor.directory, 'model.safetensors')).length;
}

/** What the LFS endpoint holds. */
function storedBytes(server: GitServer): number {
  return [...server.lfs.objects.values()].reduce((sum, bytes) => sum + bytes.length, 0);
}
