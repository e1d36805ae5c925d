import { MgitError } from '../base/errors.ts';
import type { CommitId } from '../base/ids.ts';
import { protectionOf, readProjectFile } from './project-file.ts';
import type { Repository } from './repository.ts';

/**
 * Refuses to move a protected branch by hand. Protection is what `mgit.yaml` says at the branch's own tip, so that no commit can lift it
 * for itself. Errors: `BRANCH_PROTECTED`.
 */
export async function refuseProtected(
  repository: Repository,
  ref: string,
  tip: CommitId | undefined,
): Promise<void> {
  if (tip === undefined) return;
  if (protectionOf(await readProjectFile(repository.history, tip), ref) === undefined) return;
  const name = ref.replace(/^refs\/heads\//, '');
  throw new MgitError(
    'BRANCH_PROTECTED',
    `${name} is protected: it moves only by merges that pass its gates`,
    {
      hint: `work on a branch ("mgit switch -c <name>"), commit there, then "mgit switch ${name}" and "mgit merge <name>"`,
    },
  );
}
