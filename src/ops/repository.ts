import { join } from 'node:path';
import { MgitError } from '../base/errors.ts';
import type { Ports } from '../base/ports/ports.ts';
import { evaluateRecipe } from '../merge/evaluate-recipe.ts';
import type { WorkForce } from '../store/extents/work-force.ts';
import type { History } from '../store/history/history.ts';
import { initHistory } from '../store/history/init.ts';
import { openHistory } from '../store/history/open.ts';
import { openTensorStore } from '../store/open-tensor-store.ts';
import { storeWorkForce } from '../store/store-parts.ts';
import type { PromisedExtents, TensorStore } from '../store/tensor-store.ts';
import { installDrivers } from './install.ts';
import { fetchPromised } from './transfer/fetch-promised.ts';

/** An open repository: what every operation works on. Close it when done. */
export interface Repository extends AsyncDisposable {
  readonly ports: Ports;
  readonly history: History;
  readonly store: TensorStore;
  /** Absolute path of mgit's own directory, `<common git dir>/mgit`. */
  readonly mgitDirectory: string;
  /** Absolute path of the work tree. Errors on access in a bare repository: `WORK_TREE_REQUIRED`. */
  readonly workTree: string;
}

/** How a repository is opened. */
export interface OpenRepositoryOptions {
  /** Receives what hooks print. */
  readonly onOutput?: (text: string) => void;
  /** Bytes that will be hashed or coded first, about, where that is known: threads for them start while the history is opened. */
  readonly expectedBytes?: number;
}

/**
 * Opens the repository that holds `cwd` (absolute).
 * Errors: `NOT_A_REPOSITORY`, `REPOSITORY_UNSUPPORTED`.
 */
export async function openRepository(
  ports: Ports,
  cwd: string,
  { onOutput, expectedBytes = 0 }: OpenRepositoryOptions = {},
): Promise<Repository> {
  const force = storeWorkForce(ports);
  force.engineFor(expectedBytes);
  try {
    const history = await openHistory({ ports, directory: cwd, ...(onOutput ? { onOutput } : {}) });
    return repositoryOf(ports, history, force);
  } catch (error) {
    await force.close();
    throw error;
  }
}

/** Where and how {@link initRepository} makes a repository. */
export interface InitOptions {
  /** Absolute; created when missing. */
  readonly directory: string;
  readonly bare?: boolean;
  readonly initialBranch?: string;
}

/** Makes a repository, or completes one that is there, and tells Git how models are filtered, shown and merged in it. */
export async function initRepository(ports: Ports, options: InitOptions): Promise<Repository> {
  const history = await initHistory({ ports, ...options });
  const repository = repositoryOf(ports, history, storeWorkForce(ports));
  await installDrivers(repository, 'local');
  return repository;
}

function repositoryOf(ports: Ports, history: History, force: WorkForce): Repository {
  const mgitDirectory = join(history.commonDirectory, 'mgit');
  const promised: PromisedExtents = {
    fetch: (digests, options) => fetchPromised(repository, digests, options),
  };
  const store = openTensorStore({ ports, directory: mgitDirectory, evaluateRecipe, promised, force });
  const repository = assemble({ ports, history, store, mgitDirectory });
  return repository;
}

/** The same repository, whose history is another view of the same one. */
export function withHistory(repository: Repository, history: History): Repository {
  const { ports, store, mgitDirectory } = repository;
  return assemble({ ports, history, store, mgitDirectory });
}

/** The same repository with another view of its store. A spread would ask for the work tree, which a bare one does not have. */
export function withStore(repository: Repository, store: TensorStore): Repository {
  const { ports, history, mgitDirectory } = repository;
  return assemble({ ports, history, store, mgitDirectory });
}

function assemble(parts: Pick<Repository, 'ports' | 'history' | 'store' | 'mgitDirectory'>): Repository {
  const { history, store } = parts;
  return {
    ...parts,
    get workTree(): string {
      if (history.workTree !== undefined) return history.workTree;
      throw new MgitError('WORK_TREE_REQUIRED', 'this is a bare repository: it has no files to work on', {
        hint: 'clone it, and run the command in the clone',
      });
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await history.close();
    },
  };
}
