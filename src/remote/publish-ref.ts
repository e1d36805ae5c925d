import { MgitError } from '../base/errors.ts';
import type { CommitId } from '../base/ids.ts';
import type { Ports } from '../base/ports/ports.ts';
import type { History, TransferOptions } from '../store/history/history.ts';
import { startBackoff } from './http/backoff.ts';

/** A ref of the remote that many push to, and how to make its next commit from what is there. */
export interface SharedRef {
  readonly ref: string;
  /** What the remote had when it was last asked. */
  readonly published: CommitId | undefined;
  /** The commit to push; undefined when the remote's holds everything already. */
  readonly next: (published: CommitId | undefined) => Promise<CommitId | undefined>;
}

/**
 * Advances a shared ref by compare-and-swap: when somebody was faster, fetches, unites and tries again, so that nobody's entries
 * are lost. Returns what the remote has at the end. Errors: `PUSH_REJECTED`; as `History.pushRefs`.
 */
export async function publishSharedRef(
  { ports, history }: { readonly ports: Ports; readonly history: History },
  remote: string,
  shared: SharedRef,
  options: TransferOptions = {},
): Promise<CommitId | undefined> {
  const backoff = startBackoff(ports, options.signal);
  let { published } = shared;
  for (;;) {
    const commit = await shared.next(published);
    if (commit === undefined || commit === published) return published;
    const [result] = await history.pushRefs(
      remote,
      [{ source: commit, ref: shared.ref, expected: published ?? null }],
      options,
    );
    if (result?.ok) return commit;
    const now = await fetchSharedRef(history, remote, shared.ref, options);
    if (now !== published) backoff.progressed();
    else if (!(await backoff.again())) throw rejected(shared.ref, result?.reason);
    published = now;
  }
}

/** The remote's commit of a ref, its objects fetched; undefined when there is none. */
export async function fetchSharedRef(
  history: History,
  remote: string,
  ref: string,
  options: TransferOptions = {},
): Promise<CommitId | undefined> {
  const found = (await history.listRemoteRefs(remote, options)).find(entry => entry.ref === ref);
  if (!found) return undefined;
  await history.fetchObjects(remote, [found], options);
  return found.id as CommitId;
}

function rejected(ref: string, reason: string | undefined): MgitError {
  return new MgitError('PUSH_REJECTED', `the remote refuses ${ref}: ${reason ?? 'no reason given'}`, {
    hint: 'the host must let you push refs below refs/mgit/',
  });
}
