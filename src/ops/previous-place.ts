import { MgitError } from '../base/errors.ts';
import type { History } from '../store/history/history.ts';

/** Where a switch goes: a branch, or a commit without one. */
export interface Place {
  readonly target: string;
  readonly detach?: true;
}

/** Where HEAD was before the last switch, as its reflog tells: what `-` stands for. Errors: `PREVIOUS_UNKNOWN`. */
export async function previousPlace(history: History): Promise<Place> {
  for (const { message } of await history.reflog('HEAD')) {
    const target = /^checkout: moving from (\S+) to /.exec(message)?.[1];
    if (target === undefined) continue;
    const isBranch = (await history.readRef(`refs/heads/${target}`)) !== undefined;
    return isBranch ? { target } : { target, detach: true };
  }
  throw new MgitError('PREVIOUS_UNKNOWN', 'HEAD has not been anywhere else yet', {
    hint: 'name a branch, see "mgit branch"',
  });
}
