import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CommitId, Digest, ObjectId } from '../../../src/base/ids.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { readOperations } from '../../../src/ops/history/operations.ts';
import { readMergeState } from '../../../src/ops/merge/merge-state.ts';
import { openRepository, type Repository } from '../../../src/ops/repository.ts';
import type { History } from '../../../src/store/history/history.ts';
import { readCondemned } from '../../../src/store/maintenance/condemned.ts';
import { looksLikeManifest } from '../../../src/store/manifest/read-lines.ts';
import { parseManifest } from '../../../src/store/manifest/read-manifest.ts';
import { parseIndex } from '../../../src/store/worktree/index-format.ts';
import { listOf } from '../stores.ts';
import type { DiskNode } from './disk.ts';
import { imageFileSystem } from './image-file-system.ts';

const GIT_FILES = [
  'config',
  'MERGE_HEAD',
  'MERGE_MSG',
  'BISECT_START',
  'BISECT_TERMS',
  'BISECT_NAMES',
  'BISECT_LOG',
  'BISECT_EXPECTED_REV',
];

/** Names and what they stand for: HEAD, refs, logs, index entries, files, packs, the log of operations, a merge or bisection in progress. */
export type ImageState = ReadonlyMap<string, string>;

/** What a reader finds in an image. */
export interface Inspection {
  readonly state: ImageState;
  /** Sentences: what is damaged or missing. */
  readonly problems: readonly string[];
}

/** Where the world of an image stood, and how it is read. */
export interface ImagePlace {
  readonly ports: Ports;
  /** Absolute: the directory that the image is of. The work tree is `work` in it. */
  readonly root: string;
}

/**
 * Reads a repository as the embedded history and the store see it: its state, and whether everything that refs, logs and index name is
 * there and whole, down to each record of each pack. An image without a repository has the state of its files alone.
 */
export async function inspectImage(image: DiskNode, { ports, root }: ImagePlace): Promise<Inspection> {
  const state = new Map<string, string>();
  const problems: string[] = [];
  const work = child(image, 'work');
  for (const [path, digest] of filesBelow(work, '')) state.set(`file ${path}`, digest);
  const git = child(work, '.git');
  for (const name of ['home', 'out'])
    for (const [path, digest] of filesBelow(child(image, name), name)) state.set(`file ${path}`, digest);
  for (const name of GIT_FILES) state.set(name, textOf(child(git, name)) ?? 'absent');
  for (const [path] of filesBelow(child(child(git, 'mgit'), 'packs'), 'packs')) state.set(path, 'there');
  if (child(git, 'HEAD') === undefined) return { state, problems };
  if (child(git, 'config') === undefined) problems.push('the configuration of the repository is missing');
  const cloning = textOf(child(child(git, 'mgit'), 'cloning'));
  if (cloning?.endsWith('\n') === false) problems.push('nothing says of what this is an unfinished clone');
  problems.push(...indexesAlone(child(child(git, 'objects'), 'pack')));
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: Error) => problems.push(`${what}: ${error.message}`));
  };
  await attempt('the repository', async () => {
    const repository = await openRepository(
      { ...ports, fs: imageFileSystem(image, root) },
      join(root, 'work'),
    );
    await using _closing = repository;
    const tips = new Set<ObjectId>();
    await attempt('refs', () => readRefs(repository, state, tips));
    await attempt('index', () => readIndexEntries(child(git, 'index'), state, tips));
    await attempt('the waiting merge', async () => {
      const merge = await readMergeState(repository);
      state.set('merge', JSON.stringify(merge && [merge.target, merge.tip, merge.revisions]) ?? 'none');
    });
    await attempt('operations', async () => {
      const commands = (await readOperations(repository)).map(({ command }) => command);
      state.set('operations', JSON.stringify(commands));
    });
    const { fs } = repository.ports;
    await attempt('condemned packs', async () => void (await readCondemned(fs, repository.mgitDirectory)));
    const needed = new Set<Digest>();
    await attempt('objects', () => walkObjects(repository.history, tips, needed));
    await attempt('extents', async () => {
      const { purged } = repository.store;
      const missing: Digest[] = [];
      for (const digest of await repository.store.missing(needed))
        if (!(await purged.find(digest))) missing.push(digest);
      for (const digest of await purged.list())
        state.set(`purged ${digest}`, JSON.stringify(await purged.find(digest)));
      if (missing.length > 0) throw new Error(`${missing.length} extents are missing`);
    });
    await attempt('packs', async () => {
      for (const { code, message } of await listOf(repository.store.verify()))
        problems.push(`${code} ${message}`);
    });
  });
  return { state, problems };
}

/** Whoever looks for an object believes the index of a pack: one without its pack makes a later fetch leave out what it names. */
function indexesAlone(packs: DiskNode | undefined): string[] {
  const names = packs?.kind === 'directory' ? [...packs.entries.keys()] : [];
  return names
    .filter(name => name.endsWith('.idx') && !names.includes(name.replace(/idx$/, 'pack')))
    .map(name => `${name} has no pack`);
}

async function readRefs(
  { history }: Repository,
  state: Map<string, string>,
  tips: Set<ObjectId>,
): Promise<void> {
  const head = await history.head();
  state.set('HEAD', head.kind === 'branch' ? head.ref : head.commit);
  if (head.commit) tips.add(head.commit);
  const refs = await history.listRefs('refs/');
  for (const { ref, id } of refs) {
    state.set(`ref ${ref}`, id);
    tips.add(id);
  }
  for (const ref of ['HEAD', ...refs.map(({ ref }) => ref)]) {
    const entries = (await history.reflog(ref)).toReversed();
    if (ref.startsWith('refs/heads/') || ref === 'HEAD')
      state.set(`log ${ref}`, entries.map(entry => `${entry.old}-${entry.new}`).join(' '));
    for (const entry of entries) if (!/^0+$/.test(entry.new)) tips.add(entry.new);
  }
}

async function readIndexEntries(
  index: DiskNode | undefined,
  state: Map<string, string>,
  tips: Set<ObjectId>,
): Promise<void> {
  if (index?.kind !== 'file') return;
  for (const { path, id, mode, stage } of parseIndex(index.content, 'index')) {
    state.set(`index ${path} ${stage}`, `${mode.toString(8)} ${id}`);
    tips.add(id);
  }
}

/** Every object that is reachable, and the extents of every manifest among them. */
async function walkObjects(history: History, tips: Set<ObjectId>, needed: Set<Digest>): Promise<void> {
  const blobs = new Set<ObjectId>();
  const commits: CommitId[] = [];
  for (const id of tips) {
    const commit = await commitOf(history, id);
    if (commit === undefined) blobs.add(id);
    else commits.push(commit);
  }
  if (commits.length > 0)
    for await (const commit of history.walk({ include: commits }))
      for (const { id } of await history.listTree(commit.tree)) blobs.add(id);
  for (const id of blobs) {
    const bytes = await history.readBlob(id);
    if (history.hashBlob(bytes) !== id) throw new Error(`${id} has another content`);
    if (!looksLikeManifest(bytes)) continue;
    for (const { digest } of parseManifest(bytes).extents) needed.add(digest);
  }
}

/** The commit that an object is, or an annotated tag names; undefined for a blob. */
async function commitOf(history: History, id: ObjectId): Promise<CommitId | undefined> {
  try {
    return await history.resolveCommit(id);
  } catch (error) {
    if (await history.hasObject(id)) return undefined;
    throw error;
  }
}

function child(node: DiskNode | undefined, name: string): DiskNode | undefined {
  return node?.kind === 'directory' ? node.entries.get(name) : undefined;
}

function textOf(node: DiskNode | undefined): string | undefined {
  return node?.kind === 'file' ? Buffer.from(node.content).toString('utf8') : undefined;
}

function* filesBelow(node: DiskNode | undefined, path: string): Generator<readonly [string, string]> {
  if (node?.kind === 'file') yield [path, createHash('sha256').update(node.content).digest('hex')];
  else if (node?.kind === 'symlink') yield [path, `-> ${node.target}`];
  else if (node?.kind === 'directory')
    for (const [name, below] of node.entries)
      if (path !== '' || name !== '.git') yield* filesBelow(below, path === '' ? name : `${path}/${name}`);
}

/** Every file of an image, with its digest; nothing more is known of them. */
export async function inspectFiles(image: DiskNode): Promise<Inspection> {
  return {
    state: new Map([...filesBelow(image, '')].map(([path, digest]) => [`file ${path}`, digest])),
    problems: [],
  };
}
