import { dirname, join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { orRemove } from '../../store/unfinished/or-remove.ts';
import type { Repository } from '../repository.ts';
import type { FileConflict } from './file-conflict.ts';
import type { ModelReport } from './models.ts';

/** A merge that waits for its conflicts: `<mgit directory>/merge/state.json`. */
export interface MergeState {
  readonly version: 1;
  /** The branch that is merged into, a full ref name; `HEAD` when it is detached. */
  readonly target: string;
  readonly tip: CommitId;
  /** What is merged, as it was called, and what it was. */
  readonly revisions: readonly { readonly revision: string; readonly commit: CommitId }[];
  readonly bases: readonly CommitId[];
  readonly method: string | null;
  /** The values of `-X`. */
  readonly given: readonly string[];
  readonly message: string;
  readonly gate: boolean;
  readonly conflicts: readonly FileConflict[];
  /** Models that merged without conflict. */
  readonly models: readonly ModelReport[];
}

/**
 * The merge that waits for its conflicts, if there is one. Where Git's `MERGE_HEAD` does not name the same commits there is none: a
 * plain commit has concluded it, Git has given it up, or begun another one. Errors: `MERGE_STATE_CORRUPT`.
 */
export async function readMergeState(repository: Repository): Promise<MergeState | undefined> {
  const bytes = await readIfThere(repository, pathOf(repository));
  const heads = await gitMergeHeads(repository);
  if (bytes === undefined || heads.length === 0) return undefined;
  try {
    const state = JSON.parse(Buffer.from(bytes).toString('utf8')) as MergeState;
    if (state.version !== 1) throw new Error(`version ${state.version}`);
    const commits = state.revisions.map(({ commit }) => commit);
    for (const id of [state.tip, ...commits, ...state.bases]) parseCommitId(id);
    return String(commits) === String(heads) ? state : undefined;
  } catch (cause) {
    throw new MgitError('MERGE_STATE_CORRUPT', `the waiting merge cannot be read: ${pathOf(repository)}`, {
      cause,
      hint: 'remove that file and run git merge --abort',
    });
  }
}

/** The commits that a merge in progress brings in, by mgit or by plain Git; none without one. */
export async function gitMergeHeads(repository: Repository): Promise<readonly CommitId[]> {
  const bytes = await readIfThere(repository, `${repository.history.gitDirectory}/MERGE_HEAD`);
  const lines = Buffer.from(bytes ?? [])
    .toString('latin1')
    .split('\n');
  return lines.filter(line => line !== '').map(parseCommitId);
}

function readIfThere({ ports }: Repository, path: string): Promise<Uint8Array | undefined> {
  return ports.fs.readFile(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
}

/** Records a merge that waits; durable when it returns. */
export async function writeMergeState(repository: Repository, state: MergeState): Promise<void> {
  const { fs } = repository.ports;
  const folder = dirname(pathOf(repository));
  const temporary = `${pathOf(repository)}.tmp`;
  await makeDurableDirectory(fs, folder);
  await orRemove(fs, temporary, async () => {
    const file = await fs.open(temporary, 'write');
    try {
      await file.write(Buffer.from(`${JSON.stringify(state, null, 2)}\n`), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, pathOf(repository));
  });
  await fs.syncDirectory(folder);
}

/** Forgets the waiting merge: first Git's part, without which ours means nothing. */
export async function clearMergeState(repository: Repository): Promise<void> {
  const { gitDirectory } = repository.history;
  for (const name of ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE'])
    await removeIfThere(repository, `${gitDirectory}/${name}`);
  await repository.ports.fs.syncDirectory(gitDirectory);
  await removeIfThere(repository, pathOf(repository));
}

async function removeIfThere({ ports }: Repository, path: string): Promise<void> {
  await ports.fs.removeFile(path).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
  });
}

/** In the work tree's own Git directory: linked work trees merge independently. */
function pathOf({ history }: Repository): string {
  return join(history.gitDirectory, 'mgit', 'merge', 'state.json');
}
