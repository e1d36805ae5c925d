import type { History } from '../store/history/history.ts';
import { type Remote, readRemote } from './remote.ts';

/**
 * A remote that a repository left tensors with, as `remote.<name>.mgitPromisor` says. `filter` (`remote.<name>.mgitFilter`) names the
 * tensors that fetches bring anyway; undefined: all.
 */
export interface Promisor {
  readonly remote: Remote;
  readonly name: string;
  readonly filter: string | undefined;
}

/** The value of a filter that no tensor matches. */
export const NO_TENSORS = 'none';

/** The remotes that promise what is not here, in the order of the configuration. Errors: those of {@link readRemote}. */
export async function promisors(history: History): Promise<readonly Promisor[]> {
  const names = new Set<string>();
  for (const { key, value } of await history.listConfig()) {
    const name = /^remote\.(.+)\.mgitpromisor$/i.exec(key)?.[1];
    if (name !== undefined && value.toLowerCase() !== 'false') names.add(name);
    else if (name !== undefined) names.delete(name);
  }
  return Promise.all(
    [...names].map(async name => ({
      name,
      remote: await readRemote(history, name),
      filter: await filterOf(history, name),
    })),
  );
}

/** The tensors that fetches of a remote bring; undefined: all. */
export async function filterOf(history: History, remote: string): Promise<string | undefined> {
  return history.config(`remote.${remote}.mgitfilter`);
}

/** Notes that a remote keeps what is not here, and which tensors fetches bring; `filter` null: all of them from now on. */
export async function setPromisor(history: History, remote: string, filter: string | null): Promise<void> {
  await history.setConfig(`remote.${remote}.mgitPromisor`, 'true', 'local');
  await history.setConfig(`remote.${remote}.mgitFilter`, filter, 'local');
}
