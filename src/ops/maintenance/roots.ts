import { join } from 'node:path';
import { type ObjectId, parseObjectId } from '../../base/ids.ts';
import { readIndex } from '../../store/worktree/index-file.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import { readOperations } from '../history/operations.ts';
import type { Repository } from '../repository.ts';
import { entriesOf, filesBelow, gitDirectories } from './git-directories.ts';

/** Where what is reachable begins. */
export interface Roots {
  /** What refs name: all of it must be there. */
  readonly refs: readonly { readonly ref: string; readonly id: ObjectId }[];
  /**
   * What else may be come back to: reflogs, Git's other heads, operations in progress, entries of indexes, and what `undo` reverses.
   * Git may have pruned it.
   */
  readonly others: ReadonlySet<ObjectId>;
}

/** Operations that are older are not undone any more; Git's own gc has forgotten their commits, too (`gc.reflogExpire`). */
const UNDO_MS = 90 * 24 * 3600 * 1000;

/** Refs of mgit's own whose trees hold no models, and grow with every push. */
const WITHOUT_MODELS = /^refs\/mgit\/(?:remotes\/[^/]+\/)?(?:packs|reports)$/;

/** Everything that a repository can come back to. Errors: those of reading refs, logs and indexes: nothing is passed over. */
export async function readRoots(repository: Repository): Promise<Roots> {
  const { history, ports } = repository;
  const others = new Set<ObjectId>();
  const add = (text: string): void => {
    for (const [id] of text.matchAll(/\b[0-9a-f]{40}\b/g))
      if (!/^0+$/.test(id)) others.add(parseObjectId(id));
  };
  await history.reflog('HEAD'); // Refuses logs that are not files.
  for (const directory of await gitDirectories(repository)) {
    for await (const path of statesIn(repository, directory)) add((await readText(ports, path)) ?? '');
    for (const { id } of (await readIndex(ports.fs, join(directory, 'index'))).entries) others.add(id);
  }
  const since = ports.clock.now() - UNDO_MS;
  for (const operation of await readOperations(repository))
    if (operation.time >= since) add(JSON.stringify(operation));
  const refs = await history.listRefs('refs/');
  return { refs: refs.filter(({ ref }) => !WITHOUT_MODELS.test(ref)), others };
}

/** Files of a Git directory that name objects: `HEAD` and its like, logs, refs of one work tree, and what waits to be continued. */
async function* statesIn({ ports }: Repository, directory: string): AsyncGenerator<string> {
  for (const { name, kind } of await entriesOf(ports.fs, directory))
    if (kind === 'file' && /^[A-Z][A-Z_]*$/.test(name)) yield join(directory, name);
  for (const folder of [
    'logs',
    'refs',
    'rebase-merge',
    'rebase-apply',
    'sequencer',
    'mgit/merge',
    'mgit/replay',
  ])
    yield* filesBelow(ports.fs, join(directory, folder));
}
