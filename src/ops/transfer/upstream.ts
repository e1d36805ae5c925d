import type { History } from '../../store/history/history.ts';

/** The branch that a local branch follows. */
export interface Upstream {
  readonly remote: string;
  /** The branch's full name on the remote. */
  readonly ref: string;
}

/** What `branch.<name>.remote` and `.merge` say. */
export async function upstreamOf(history: History, branch: string): Promise<Upstream | undefined> {
  const remote = await history.config(`branch.${branch}.remote`);
  const ref = await history.config(`branch.${branch}.merge`);
  return remote === undefined || ref === undefined ? undefined : { remote, ref };
}

/** Lets a branch follow a branch of a remote. */
export async function setUpstream(history: History, branch: string, upstream: Upstream): Promise<void> {
  await history.setConfig(`branch.${branch}.remote`, upstream.remote, 'local');
  await history.setConfig(`branch.${branch}.merge`, upstream.ref, 'local');
}

/** The short name of the branch that HEAD is on; undefined when it is detached. */
export async function currentBranch(history: History): Promise<string | undefined> {
  const head = await history.head();
  return head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : undefined;
}

/** The remote to talk to when none is named. Source: git-fetch(1), git-push(1). */
export async function defaultRemote(
  history: History,
  direction: 'fetch' | 'push' = 'fetch',
): Promise<string> {
  const branch = await currentBranch(history);
  const keys = [
    ...(direction === 'push' && branch !== undefined ? [`branch.${branch}.pushRemote`] : []),
    ...(direction === 'push' ? ['remote.pushDefault'] : []),
    ...(branch === undefined ? [] : [`branch.${branch}.remote`]),
  ];
  for (const key of keys) {
    const name = await history.config(key);
    if (name !== undefined) return name;
  }
  return 'origin';
}
