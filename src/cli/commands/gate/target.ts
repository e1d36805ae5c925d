import { MgitError } from '../../../base/errors.ts';
import type { Repository } from '../../../ops/repository.ts';
import { type CommandInput, textOption } from '../../command.ts';

/** The full name of the branch that `--onto` names, or of the one that is checked out. Errors: `GATE_TARGET_MISSING`. */
export async function targetRef({ history }: Repository, input: CommandInput): Promise<string> {
  const named = textOption(input, 'onto');
  if (named !== undefined) return named.startsWith('refs/') ? named : `refs/heads/${named}`;
  const head = await history.head();
  if (head.kind === 'branch') return head.ref;
  throw new MgitError('GATE_TARGET_MISSING', 'HEAD is detached', {
    hint: 'name the branch with --onto <branch>',
  });
}

export const ONTO = {
  flags: '--onto <branch>',
  description: 'the protected branch (default: the current one)',
} as const;
