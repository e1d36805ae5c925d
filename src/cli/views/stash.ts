import type { FileConflict } from '../../ops/merge/file-conflict.ts';
import type { StashApplied } from '../../ops/stash/apply.ts';
import type { CommandOutcome } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonValue } from '../json.ts';

/** What `stash apply` and `stash pop` answer: conflicts have their own exit status. */
export function stashAppliedOutcome(applied: StashApplied): CommandOutcome {
  const { entry, conflicts, files, dropped } = applied;
  const json = jsonValue({ stash: entry, files, conflicts, dropped });
  if (conflicts.length > 0) return { json, human: conflictText(applied), exitCode: EXIT.conflicts };
  const lines = files.map(({ path, before, after }) => {
    if (before === null) return ` new file:  ${path}`;
    return after === null ? ` deleted:   ${path}` : ` modified:  ${path}`;
  });
  const head = dropped ? `Dropped ${entry.name} (${entry.commit})` : `Applied ${entry.name}`;
  return { json, human: [head, ...lines].join('\n') };
}

function conflictText({ entry, conflicts }: StashApplied): string {
  return [
    ...conflicts.map(conflict => `conflict in ${conflict.path}: ${reasonOf(conflict)}`),
    `Resolve each: edit it, or take the stash's with "mgit restore --source=${entry.name} <path>"; then "mgit add" it.`,
    `The stash is kept: drop it with "mgit stash drop ${entry.name}" when you are done.`,
  ].join('\n');
}

function reasonOf(conflict: FileConflict): string {
  switch (conflict.kind) {
    case 'text':
      return `${conflict.regions} ${conflict.regions === 1 ? 'place' : 'places'} changed on both sides`;
    case 'file':
      return conflict.reason;
    default:
      return conflict.tensors.map(({ name, message }) => `${name} ${message}`).join('; ');
  }
}
