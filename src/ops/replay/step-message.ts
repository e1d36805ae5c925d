import { subjectOf } from '../history/commit.ts';
import { addFooter } from '../history/footer.ts';
import type { ReplayOperation, ReplayStep } from './replay-step.ts';

/** The message of a step's commit, as Git words it. `recordOrigin` (`-x`) names the picked commit. */
export function stepMessage(
  step: ReplayStep,
  { operation, recordOrigin }: { readonly operation: ReplayOperation; readonly recordOrigin: boolean },
): string {
  if (operation === 'revert') return revertMessage(step);
  const { id, message } = step.commit;
  return recordOrigin ? addFooter(message, `(cherry picked from commit ${id})`) : message;
}

function revertMessage({ commit, parent }: ReplayStep): string {
  const isMerge = commit.parents.length > 1;
  const seenFrom = isMerge ? `, reversing\nchanges made to ${parent}` : '';
  return `${revertSubject(subjectOf(commit.message))}\n\nThis reverts commit ${commit.id}${seenFrom}.\n`;
}

/** A revert of a revert applies again; Git leaves deeper nesting as it is. */
function revertSubject(subject: string): string {
  const reverted = /^Revert "(?!Revert ")(.*)$/s.exec(subject)?.[1];
  return reverted === undefined ? `Revert "${subject}"` : `Reapply "${reverted}`;
}
